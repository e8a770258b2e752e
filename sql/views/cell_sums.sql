-- cell_sums: one row per cell and indicator: the sums of core.cells, an indicator a row instead of columns. One pass
-- over the cells, whose lists of sums are taken apart in step.
{% macro listed(end, kind, of) -%}
UNNEST([{% for i in indicators %}{% set column = ((i.base if end == "base" else i.name) ~ "__" ~ of ~ "_" ~ end) | name -%}
    {% if end == "base" %}CASE WHEN {{ (i.name ~ "__n_yes") | name }} IS NULL THEN 0 ELSE {{ column }} END
    {%- else %}COALESCE({{ column }}, 0){% endif %}{{ ", " if not loop.last }}{% endfor %}]::{{ kind }}[])
{%- endmacro %}
{% set w, ww = ("w", "ww") if weights else ("n", "n") %}
SELECT
    wave, weighting, replicate, stratum, psu, margins, segment, level, tier,
    {% if indicators %}
    UNNEST([{% for i in indicators %}{{ i.name | value }}{{ ", " if not loop.last }}{% endfor %}]) AS indicator,
    {{ listed("base", "BIGINT", "n") }} AS n_base,
    {{ listed("yes", "BIGINT", "n") }} AS n_yes,
    {{ listed("base", "DOUBLE", w) }} AS w_base,
    {{ listed("yes", "DOUBLE", w) }} AS w_yes,
    {{ listed("base", "DOUBLE", ww) }} AS ww_base,
    {% if weights and units %}
    CAST(NULL AS DOUBLE) AS ww_yes
    {% else %}
    {{ listed("yes", "DOUBLE", ww) }} AS ww_yes
    {% endif %}
    {% else %}
    '' AS indicator, n AS n_base, n AS n_yes, CAST(0 AS DOUBLE) AS w_base, CAST(0 AS DOUBLE) AS w_yes,
    CAST(0 AS DOUBLE) AS ww_base, CAST(0 AS DOUBLE) AS ww_yes
    {% endif %}
FROM core.cells
{% if not indicators %}
WHERE FALSE
{% endif %}
