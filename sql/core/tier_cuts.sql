-- tier_cuts: one row per tier above the lowest (and level, where quantiles are taken within a segment).
-- `scores` and `responses` are those of the baseline wave where the cuts are quantiles.
{% import "macros.sql" as sql %}
{% if tiers is none or tiers.answers is not none %}
SELECT '' AS wave, '' AS level, '' AS tier, NULL AS cut, '' AS source_wave WHERE FALSE
{% elif tiers.cuts is not none %}
SELECT {{ wave | value }} AS wave, 'all' AS level, tier, cut, '' AS source_wave
FROM (VALUES {% for cut in tiers.cuts %}({{ tiers.order[loop.index] | value }}, {{ cut | value }}){{ ", " if not loop.last }}{% endfor %}) AS cuts(tier, cut)
{% else %}
WITH divided AS (
    SELECT source_row, {% if within is not none %}{{ sql.level_of(within) }}{% else %}'all'{% endif %} AS "its level"
    FROM responses
)
, scored AS (
    SELECT s.score, d."its level" AS level
    FROM scores AS s JOIN divided AS d ON d.source_row = s.source_row
    WHERE s.score IS NOT NULL
)
{% for q in tiers.quantiles %}
SELECT {{ wave | value }} AS wave, level, {{ tiers.order[loop.index] | value }} AS tier, ROUND(quantile_cont(score, {{ q | value }}), 6) AS cut, {{ baseline | value }} AS source_wave
FROM scored WHERE level IS NOT NULL GROUP BY level
{{ "UNION ALL" if not loop.last }}
{% endfor %}
{% endif %}
