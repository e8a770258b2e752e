-- Analysed respondents summed once for each bundle of segments, by all of its levels at once: what `cells` are made of.
-- Weights are rounded to a power of 2 that is small enough to keep their digits and large enough for every sum to be
-- exact in 53 bits, so that no order of adding shows: fast doubles, equal tables. A yes is multiplied, not compared, and
-- counted in doubles, which is exact too and half the price; a base adds nothing times the answer, which is NULL where
-- there is none. Portable SQL.
{% macro known(g) -%}
{% if g.known %} AND ({% for column in g.known %}{{ column | name }} = 1{{ " OR " if not loop.last }}{% endfor %}){% endif %}
{%- endmacro %}
{% set weighted = weightings | length > 0 %}
WITH
{% if weighted %}
scales AS (
    -- Powers of 2 such that weights, and squares, of all respondents of one unit, or stratum, sum to less than 2 to the 52nd.
    SELECT
        {% for w in weightings %}
        POWER(2, 52 - crowd - {{ ("bits " ~ w.name) | name }}) AS {{ ("scale " ~ w.name) | name }}
        , POWER(2, 52 - crowd - 2 * {{ ("bits " ~ w.name) | name }}) AS {{ ("square scale " ~ w.name) | name }}
        {{ ", " if not loop.last }}
        {% endfor %}
    FROM (
        SELECT
            CEIL(LN(GREATEST(MAX(respondents), 1)) / LN(2)) AS crowd
            {% for w in weightings %}
            , CEIL(LN(GREATEST(MAX({{ w.column | name }}), 1e-100)) / LN(2)) AS {{ ("bits " ~ w.name) | name }}
            {% endfor %}
        FROM (
            SELECT COUNT(*) AS respondents{% for w in weightings %}, MAX({{ w.column | name }}) AS {{ w.column | name }}{% endfor %}

            FROM {{ whole.respondents | name }}
            WHERE disposition = 'analysed'
            GROUP BY {{ "psu" if units else "stratum" if strata else "wave" }}
            {% for repeated in weightings if repeated.replicated %}
            UNION ALL
            SELECT 1 AS respondents{% for w in weightings %}, {{ "MAX(weight)" if w.name == repeated.name else "0" }} AS {{ w.column | name }}{% endfor %}

            FROM {{ whole.replicates | name }}
            WHERE weighting = {{ repeated.name | value }}
            {% endfor %}
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
        , {% if strata %}r.stratum{% else %}'all'{% endif %} AS "its stratum"
        , {% if units %}r.psu{% else %}0{% endif %} AS "its unit"
        , {% if w and w.margins %}r.{{ w.margins | name }}{% else %}0{% endif %} AS "its margins"
        {% if w %}
        {% set weight = "p.weight" if repeated else "r." ~ (w.column | name) %}
        {% for scale, scaled, as in [("scale ", weight, "its weight"), ("square scale ", weight ~ " * " ~ weight, "its square")] %}
        , CAST(FLOOR({{ scaled }} * {{ (scale ~ w.name) | name }} + 0.5) AS DOUBLE) / {{ (scale ~ w.name) | name }} AS {{ as | name }}
        {% endfor %}
        {% endif %}
        {% for g in groupings if g.level is not none %}
        , CASE WHEN {{ g.column | name }} = 1 THEN 1 WHEN {{ g.column | name }} = 0{{ known(g) }} THEN 0 END AS {{ ("member " ~ g.column) | name }}
        {% endfor %}
    FROM {{ source | name }} AS r
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
SELECT
    {% for key in keys %}{{ key | name }}, {% endfor %}

    {% for g in groupings %}
    {{ g.by | name }} AS g_{{ loop.index }},
    {% endfor %}
    CASE{% for bundle in bundles[1:] %} WHEN GROUPING({{ bundle[0].by | name }}) = 0 THEN {{ loop.index + 1 }}{% endfor %} WHEN TRUE THEN 1 END AS bundle,
    COUNT(*) AS n
    {% if weighted %}
    , SUM("its weight") AS w
    , SUM("its square") AS ww
    {% endif %}
    {% for base, members in bases.items() %}
    {% set column = members[0] | name if members | length == 1 else "COALESCE(" ~ members | map("name") | join(", ") ~ ")" %}
    , COUNT({{ column }}) AS {{ (base ~ "__n_base") | name }}
    {% if weighted %}
    , SUM("its weight" + {{ column }} * 0) AS {{ (base ~ "__w_base") | name }}
    , SUM("its square" + {{ column }} * 0) AS {{ (base ~ "__ww_base") | name }}
    {% endif %}
    {% endfor %}
    {% for y in indicators %}
    , SUM(CAST({{ y | name }} AS DOUBLE)) AS {{ (y ~ "__n_yes") | name }}
    {% if weighted %}
    , SUM("its weight" * {{ y | name }}) AS {{ (y ~ "__w_yes") | name }}
    {% if not units %}
    , SUM("its square" * {{ y | name }}) AS {{ (y ~ "__ww_yes") | name }}
    {% endif %}
    {% endif %}
    {% endfor %}
FROM divided
GROUP BY GROUPING SETS ({% for bundle in bundles %}({{ (keys + bundle | map(attribute="by") | list) | map("name") | join(", ") }}){{ ", " if not loop.last }}{% endfor %})
