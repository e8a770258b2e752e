-- cell_sums: one row per cell and indicator: the sums of core.cells, an indicator a row instead of columns.
{% set weighted = weights | length > 0 %}
{% if not indicators %}
SELECT
    wave, weighting, replicate, stratum, psu, margins, segment, level, tier, '' AS indicator,
    n AS n_base, n AS n_yes, CAST(0 AS DOUBLE) AS w_base, CAST(0 AS DOUBLE) AS w_yes, CAST(0 AS DOUBLE) AS ww_base, CAST(0 AS DOUBLE) AS ww_yes
FROM core.cells
WHERE FALSE
{% endif %}
{% for i in indicators %}
{% set measured = "(" ~ ((i.name ~ "__n_yes") | name) ~ " IS NOT NULL)" %}
{{ "UNION ALL" if not loop.first }}
SELECT
    wave, weighting, replicate, stratum, psu, margins, segment, level, tier, {{ i.name | value }} AS indicator,
    CASE WHEN {{ measured }} THEN {{ (i.base ~ "__n_base") | name }} ELSE 0 END AS n_base,
    COALESCE({{ (i.name ~ "__n_yes") | name }}, 0) AS n_yes,
    {% if weighted %}
    CASE WHEN {{ measured }} THEN {{ (i.base ~ "__w_base") | name }} ELSE CAST(0 AS DOUBLE) END AS w_base,
    COALESCE({{ (i.name ~ "__w_yes") | name }}, CAST(0 AS DOUBLE)) AS w_yes,
    CASE WHEN {{ measured }} THEN {{ (i.base ~ "__ww_base") | name }} ELSE CAST(0 AS DOUBLE) END AS ww_base,
    {% if units %}CAST(NULL AS DOUBLE){% else %}COALESCE({{ (i.name ~ "__ww_yes") | name }}, CAST(0 AS DOUBLE)){% endif %} AS ww_yes
    {% else %}
    CASE WHEN {{ measured }} THEN CAST({{ (i.base ~ "__n_base") | name }} AS DOUBLE) ELSE CAST(0 AS DOUBLE) END AS w_base,
    CAST(COALESCE({{ (i.name ~ "__n_yes") | name }}, 0) AS DOUBLE) AS w_yes,
    CASE WHEN {{ measured }} THEN CAST({{ (i.base ~ "__n_base") | name }} AS DOUBLE) ELSE CAST(0 AS DOUBLE) END AS ww_base,
    CAST(COALESCE({{ (i.name ~ "__n_yes") | name }}, 0) AS DOUBLE) AS ww_yes
    {% endif %}
FROM core.cells
{% endfor %}
