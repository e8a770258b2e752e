-- cells: one row per wave, weight, replicate, stratum, sampling unit, combination of margins, tier and level of one
-- segment, with the sums that shares, ratios and their variances need. Additive: cells of disjoint sets of respondents
-- add up. Where levels overlap, each has two sets of cells: of its members (segment) and of those known to be outside
-- it (`not segment`). Sums of weights stand only where the study has weights, those of squares of a yes only where
-- respondents are their own sampling units. Weights are rounded to a power of 2 that is small enough to keep their digits
-- and large enough for every sum to be exact in 53 bits, so that no order of adding shows: fast doubles, equal tables.
-- A yes is multiplied, not compared, and counted in doubles, which is exact too and half the price; a base adds nothing
-- times the answer, which is NULL where there is none. Respondents are summed once for each bundle of segments, by all
-- of its levels at once, and these sums then for each segment: the same, as they are exact. Portable SQL.
{% macro known(g) -%}
{% if g.known %} AND ({% for column in g.known %}{{ column | name }} = 1{{ " OR " if not loop.last }}{% endfor %}){% endif %}
{%- endmacro %}
{% set weighted = weightings | length > 0 %}
{% set keys = ["wave", "its weighting", "its replicate", "its stratum", "its unit", "its margins", "tier"] %}
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

            FROM {{ whole.weights | name }}
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
        , {% if strata %}w.stratum{% else %}'all'{% endif %} AS "its stratum"
        , {% if units %}w.psu{% else %}0{% endif %} AS "its unit"
        , {% if w and w.margins %}w.{{ w.margins | name }}{% else %}0{% endif %} AS "its margins"
        {% if w %}
        {% set weight = "p.weight" if repeated else "w." ~ (w.column | name) %}
        {% for scale, scaled, as in [("scale ", weight, "its weight"), ("square scale ", weight ~ " * " ~ weight, "its square")] %}
        , CAST(FLOOR({{ scaled }} * {{ (scale ~ w.name) | name }} + 0.5) AS DOUBLE) / {{ (scale ~ w.name) | name }} AS {{ as | name }}
        {% endfor %}
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
, combined AS (
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
)
, grouped AS (
    SELECT
        {% for key in keys %}{{ key | name }}, {% endfor %}

        {% for g in groupings %}
        g_{{ loop.index }}, GROUPING(g_{{ loop.index }}) AS without_{{ loop.index }},
        {% endfor %}
        bundle,
        CAST(SUM(n) AS BIGINT) AS n
        {% if weighted %}
        , SUM(w) AS w
        , SUM(ww) AS ww
        {% endif %}
        {% for base in bases %}
        , CAST(SUM({{ (base ~ "__n_base") | name }}) AS BIGINT) AS {{ (base ~ "__n_base") | name }}
        {% for kind in (["w", "ww"] if weighted else []) %}
        , COALESCE(SUM({{ (base ~ "__" ~ kind ~ "_base") | name }}), 0) AS {{ (base ~ "__" ~ kind ~ "_base") | name }}
        {% endfor %}
        {% endfor %}
        {% for y in indicators %}
        , CAST(SUM({{ (y ~ "__n_yes") | name }}) AS BIGINT) AS {{ (y ~ "__n_yes") | name }}
        {% for kind in (([] if units else ["ww"]) + ["w"] if weighted else []) %}
        , SUM({{ (y ~ "__" ~ kind ~ "_yes") | name }}) AS {{ (y ~ "__" ~ kind ~ "_yes") | name }}
        {% endfor %}
        {% endfor %}
    FROM combined
    GROUP BY GROUPING SETS (({{ (keys + ["bundle"]) | map("name") | join(", ") }}){% for g in groupings %}, ({{ (keys + ["bundle"]) | map("name") | join(", ") }}, g_{{ loop.index }}){% endfor %})
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
    {% for sum in sums %}
    , {{ sum | name }}
    {% endfor %}
FROM grouped
WHERE
    bundle = 1{% for g in groupings %} AND without_{{ loop.index }} = 1{% endfor %}

    {% for bundle in bundles %}
    {% set number = loop.index %}
    {% for g in bundle %}
    {% set place = groupings.index(g) + 1 %}
    OR bundle = {{ number }} AND without_{{ place }} = 0{% if g.level is not none %} AND g_{{ place }} IS NOT NULL{% endif %}

    {% endfor %}
    {% endfor %}
ORDER BY weighting, segment, level, tier, stratum, psu, margins, replicate
