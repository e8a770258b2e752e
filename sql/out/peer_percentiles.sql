-- peer_percentiles: one row per level of the peer segment, its nets and `all`: percentiles and mean of the score.
-- Each respondent stands in the middle of its own weight; the first is percentile 0, the last 100, linear between.
{% import "out/peers.sql" as peers with context %}
WITH {{ peers.scored() }}
, {{ peers.levels(levels) }}
, placed AS (
    SELECT
        l.segment, l.level, s.score, s.weight,
        SUM(s.weight) OVER (in_order ROWS UNBOUNDED PRECEDING) - s.weight / 2 AS place
    FROM scored AS s JOIN levels AS l ON l.segment = 'all' OR l.part = s.own_level
    WINDOW in_order AS (PARTITION BY l.segment, l.level ORDER BY s.score, s.weight)
)
, steps AS (
    SELECT
        *, LEAD(score) OVER in_order AS next_score, LEAD(place) OVER in_order AS next_place,
        MIN(place) OVER whole AS first_place, MAX(place) OVER whole AS last_place
    FROM placed
    WINDOW in_order AS (PARTITION BY segment, level ORDER BY score, weight, place), whole AS (PARTITION BY segment, level)
)
, wanted AS (
    SELECT *, first_place + percent / 100.0 * (last_place - first_place) AS wanted_place
    FROM steps CROSS JOIN (VALUES {% for percent in percents %}({{ percent }}){{ ", " if not loop.last }}{% endfor %}) AS p(percent)
)
, percentiles AS (
    SELECT
        segment, level
        {% for percent in percents %}
        , MAX(CASE WHEN percent = {{ percent }} THEN score + COALESCE((wanted_place - place) / (next_place - place) * (next_score - score), 0) END) AS p{{ percent }}
        {% endfor %}
    FROM wanted
    WHERE place <= wanted_place AND (next_place IS NULL OR wanted_place < next_place)
    GROUP BY segment, level
)
, counted AS (
    SELECT
        segment, level, COUNT(*) AS n, SUM(weight ORDER BY score, weight) AS weighted_base,
        SUM(weight * score ORDER BY score, weight) / SUM(weight ORDER BY score, weight) AS mean
    FROM placed
    GROUP BY segment, level
)
, declared AS (
    SELECT segment, level, COALESCE(n, 0) AS n, COALESCE(weighted_base, 0) AS weighted_base, mean
    FROM (SELECT DISTINCT segment, level FROM levels) LEFT JOIN counted USING (segment, level)
)
SELECT
    {{ wave | value }} AS wave, segment, level, CAST(n AS BIGINT) AS n, CAST(weighted_base AS DOUBLE) AS weighted_base,
    {% for percent in percents %}
    p{{ percent }},
    {% endfor %}
    mean,
    {{ peers.status("n") }}
FROM declared LEFT JOIN percentiles USING (segment, level)
ORDER BY segment, level
