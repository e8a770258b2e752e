-- strata: one row per wave, weight and stratum of the design: its sampling units, the share of them that were sampled,
-- and how many have a weight above 0. Without a design everyone is in stratum `all` and each respondent is a unit.
{% if not sampled %}
SELECT
    wave, '' AS weighting, stratum,
    CAST(SUM(n) AS BIGINT) AS units, CAST(0 AS DOUBLE) AS fraction, CAST(SUM(n) AS BIGINT) AS weighed
FROM core.cells
WHERE segment = 'all' AND replicate = 0
GROUP BY wave, stratum
{% endif %}
{% for name, column in sampled.items() %}
{% set unit = "psu" if units else "source_row" %}
{{ "UNION ALL" if not loop.first }}
SELECT
    wave, {{ name | value }} AS weighting, stratum,
    COUNT(DISTINCT {{ unit }}) AS units, MAX(fraction) AS fraction,
    COUNT(DISTINCT {% if column %}CASE WHEN {{ column | name }} > 0 THEN {{ unit }} END{% else %}{{ unit }}{% endif %}) AS weighed
FROM core.weights
GROUP BY wave, stratum
{% endfor %}
