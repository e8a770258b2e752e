-- dispositions: one row per cleaning rule in order, between what was delivered and what is analysed.
WITH rules(position, disposition) AS (
    VALUES {% for rule in rules %}({{ loop.index }}, {{ rule | value }}){{ ", " if not loop.last }}{% endfor %}

)
, counted AS (
    SELECT
        r.position, r.disposition,
        (SELECT COUNT(*) FROM screening AS s WHERE s.disposition = r.disposition) AS taken_out,
        (SELECT COUNT(*) FROM screening AS s WHERE list_contains(string_split(s.rules_met, ' '), r.disposition)) AS flagged,
        CASE r.disposition{% for name in speeders %} WHEN {{ name | value }} THEN (SELECT MAX({{ (name ~ "_limit_seconds") | name }}) FROM screening){% endfor %} WHEN '' THEN NULL END AS threshold
    FROM rules AS r
)
, total AS (SELECT MIN(wave) AS wave, COUNT(*) AS n, COUNT(*) FILTER (disposition = 'analysed') AS analysed FROM screening)
, steps AS (
    SELECT
        position, disposition, flagged, taken_out, threshold,
        (SELECT n FROM total) - SUM(taken_out) OVER (ORDER BY position) AS remaining
    FROM counted
)
SELECT (SELECT wave FROM total) AS wave, rows.* FROM (
    SELECT 0 AS position, 'delivered' AS disposition, n AS respondents_in, NULL AS flagged, 0 AS taken_out, n AS remaining, NULL AS threshold FROM total
    UNION ALL
    SELECT position, disposition, remaining + taken_out, flagged, taken_out, remaining, threshold FROM steps
    UNION ALL
    SELECT {{ rules | length + 1 }}, 'analysed', analysed, NULL, 0, analysed, NULL FROM total
) AS rows
ORDER BY position
