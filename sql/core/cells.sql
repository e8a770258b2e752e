-- cells: one row per wave, weight, replicate, stratum, sampling unit, combination of margins, tier and level of one
-- segment, with the sums that shares, ratios and their variances need. Additive: cells of disjoint sets of respondents
-- add up. Where levels overlap, each has two sets of cells: of its members (segment) and of those known to be outside
-- it (`not segment`). Sums of weights stand only where the study has weights, those of squares of a yes only where
-- respondents are their own sampling units. Weights are summed as whole numbers of 38 digits, so that no order of adding
-- shows and a weight keeps all its digits beside one a billion times as large. Portable SQL.
{% macro known(g) -%}
{% if g.known %} AND ({% for column in g.known %}{{ column | name }} = 1{{ " OR " if not loop.last }}{% endfor %}){% endif %}
{%- endmacro %}
{% set weighted = weightings | length > 0 %}
{% set keys = ["wave", "its weighting", "its replicate", "its stratum", "its unit", "its margins", "tier"] %}
WITH
{% if weighted %}
scales AS (
    -- Powers of 2 such that all weights, and all squares, sum to less than 2 to the 120th, which DECIMAL(38, 0) holds.
    SELECT
        POWER(2, 120 - CEIL(LN(respondents) / LN(2)) - CEIL(LN(largest) / LN(2))) AS "its scale",
        POWER(2, 120 - CEIL(LN(respondents) / LN(2)) - 2 * CEIL(LN(largest) / LN(2))) AS "its square scale"
    FROM (
        SELECT MAX(largest) AS largest, MAX(respondents) AS respondents
        FROM (
            SELECT MAX(GREATEST({% for w in weightings %}{{ w.column | name }}, {% endfor %}1e-100)) AS largest, GREATEST(COUNT(*), 1) AS respondents
            FROM weights
            {% if weightings | selectattr("replicated") | list %}
            UNION ALL
            SELECT MAX(weight) AS largest, 1 AS respondents
            FROM replicates
            {% endif %}
        ) AS of_weights
    ) AS weights_found
)
, {% endif %}
divided AS (
    {% for w in weightings or [none] %}
    {% set outer = loop %}
    {% for repeated in ([false, true] if w and w.replicated else [false]) %}
    {{ "UNION ALL" if not (loop.first and outer.first) }}
    SELECT
        r.*
        , {{ (w.name if w else "") | value }} AS "its weighting"
        , {% if repeated %}CAST(p.replicate AS INTEGER){% else %}0{% endif %} AS "its replicate"
        , {% if strata %}w.stratum{% else %}'all'{% endif %} AS "its stratum"
        , {% if units %}w.psu{% else %}0{% endif %} AS "its unit"
        , {% if w and w.margins %}w.{{ w.margins | name }}{% else %}0{% endif %} AS "its margins"
        {% if w %}
        {% set weight = "p.weight" if repeated else "w." ~ (w.column | name) %}
        , CAST({{ weight }} * "its scale" AS DECIMAL(38, 0)) AS "its weight"
        , CAST({{ weight }} * {{ weight }} * "its square scale" AS DECIMAL(38, 0)) AS "its square"
        {% endif %}
        {% for g in groupings if g.level is not none %}
        , CASE WHEN {{ g.column | name }} = 1 THEN 1 WHEN {{ g.column | name }} = 0{{ known(g) }} THEN 0 END AS {{ ("member " ~ g.column) | name }}
        {% endfor %}
    FROM {{ source | name }} AS r
    {% if strata or units or w %}
    JOIN weights AS w ON w.source_row = r.source_row
    {% endif %}
    {% if repeated %}
    JOIN replicates AS p ON p.source_row = r.source_row AND p.weighting = {{ w.name | value }}
    {% endif %}
    {% if w %}
    CROSS JOIN scales
    {% endif %}
    WHERE r.disposition = 'analysed'
    {% endfor %}
    {% endfor %}
)
, grouped AS (
    SELECT
        {% for key in keys %}{{ key | name }}, {% endfor %}

        {% for g in groupings %}
        {{ g.by | name }} AS g_{{ loop.index }}, GROUPING({{ g.by | name }}) AS without_{{ loop.index }},
        {% endfor %}
        CAST(COUNT(*) AS BIGINT) AS n
        {% if weighted %}
        , CAST(SUM("its weight") AS DOUBLE) AS w
        , CAST(SUM("its square") AS DOUBLE) AS ww
        {% endif %}
        {% for base, members in bases.items() %}
        {% set column = members[0] | name if members | length == 1 else "COALESCE(" ~ members | map("name") | join(", ") ~ ")" %}
        , CAST(COUNT({{ column }}) AS BIGINT) AS {{ (base ~ "__n_base") | name }}
        {% if weighted %}
        , CAST(COALESCE(SUM(CASE WHEN {{ column }} IS NOT NULL THEN "its weight" END), 0) AS DOUBLE) AS {{ (base ~ "__w_base") | name }}
        , CAST(COALESCE(SUM(CASE WHEN {{ column }} IS NOT NULL THEN "its square" END), 0) AS DOUBLE) AS {{ (base ~ "__ww_base") | name }}
        {% endif %}
        {% endfor %}
        {% for y in indicators %}
        , CAST(SUM({{ y | name }}) AS BIGINT) AS {{ (y ~ "__n_yes") | name }}
        {% if weighted %}
        , CAST(SUM(CASE {{ y | name }} WHEN 1 THEN "its weight" WHEN 0 THEN 0 END) AS DOUBLE) AS {{ (y ~ "__w_yes") | name }}
        {% if not units %}
        , CAST(SUM(CASE {{ y | name }} WHEN 1 THEN "its square" WHEN 0 THEN 0 END) AS DOUBLE) AS {{ (y ~ "__ww_yes") | name }}
        {% endif %}
        {% endif %}
        {% endfor %}
    FROM divided
    GROUP BY GROUPING SETS (({{ keys | map("name") | join(", ") }}){% for g in groupings %}, ({{ keys | map("name") | join(", ") }}, {{ g.by | name }}){% endfor %})
)
SELECT
    wave,
    "its weighting" AS weighting,
    "its replicate" AS replicate,
    "its stratum" AS stratum,
    "its unit" AS psu,
    "its margins" AS margins,
    CASE{% for g in groupings %} WHEN without_{{ loop.index }} = 0 THEN {% if g.level is none %}{{ g.segment | value }}{% else %}CASE WHEN g_{{ loop.index }} = 1 THEN {{ g.segment | value }} ELSE {{ ("not " ~ g.segment) | value }} END{% endif %}{% endfor %} WHEN TRUE THEN 'all' END AS segment,
    CASE{% for g in groupings %} WHEN without_{{ loop.index }} = 0 THEN {% if g.level is none %}g_{{ loop.index }}{% else %}{{ g.level | value }}{% endif %}{% endfor %} WHEN TRUE THEN 'all' END AS level,
    tier,
    n
    {% for total in totals.weights %}
    , {{ total | name }} / "its scale" AS {{ total | name }}
    {% endfor %}
    {% for total in totals.squares %}
    , {{ total | name }} / "its square scale" AS {{ total | name }}
    {% endfor %}
    {% for base in bases %}
    , {{ (base ~ "__n_base") | name }}
    {% endfor %}
    {% for y in indicators %}
    , {{ (y ~ "__n_yes") | name }}
    {% endfor %}
FROM grouped
{% if weighted %}
CROSS JOIN scales
{% endif %}
{% for g in groupings if g.level is not none %}
{{ "WHERE" if loop.first else "AND" }} (without_{{ groupings.index(g) + 1 }} = 1 OR g_{{ groupings.index(g) + 1 }} IS NOT NULL)
{% endfor %}
ORDER BY weighting, segment, level, tier, stratum, psu, margins, replicate
