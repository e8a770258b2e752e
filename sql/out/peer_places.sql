-- peer_places: one row per respondent with a score among everyone (`all`), and one within its own level of the peer
-- segment: the share of its peers' weight below it, plus half of the weight at its score, its own among it.
{% import "out/peers.sql" as peers with context %}
WITH {{ peers.scored() }}
, {{ peers.levels(own_levels) }}
, placed AS (
    SELECT
        l.segment, l.level, s.source_row, s.respondent_id, s.score,
        SUM(s.weight) OVER (PARTITION BY l.segment, l.level ORDER BY s.score) AS up_to,
        SUM(s.weight) OVER (PARTITION BY l.segment, l.level, s.score) AS at_score,
        SUM(s.weight) OVER (PARTITION BY l.segment, l.level) AS total,
        CAST(COUNT(*) OVER (PARTITION BY l.segment, l.level) AS BIGINT) AS n_peers
    FROM scored AS s JOIN levels AS l ON l.segment = 'all' OR l.part = s.own_level
)
SELECT
    {{ wave | value }} AS wave, source_row, respondent_id, segment, level, score,
    ROUND(100 * (up_to - at_score / 2) / total, 6) AS percentile_pct,
    n_peers,
    {{ peers.status("n_peers") }}
FROM placed
ORDER BY segment, source_row
