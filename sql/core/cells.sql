-- cells: one row per wave, stratum, tier and level of one segment, with the sums that shares, ratios and their
-- variances need. Additive: cells of disjoint sets of respondents add up. Where levels overlap, each has two sets of
-- cells: of its members (segment) and of those known to be outside it (`not segment`). Portable SQL.
WITH divided AS (
    SELECT
        *
        {% for g in groupings if g.level is not none %}
        , CASE WHEN {{ g.column | name }} = 1 THEN 1 WHEN {{ g.column | name }} = 0{% if g.known %} AND ({% for column in g.known %}{{ column | name }} = 1{{ " OR " if not loop.last }}{% endfor %}){% endif %} THEN 0 END AS {{ ("member " ~ g.column) | name }}
        {% endfor %}
    FROM respondents
    WHERE disposition = 'analysed'
)
, grouped AS (
    SELECT
        wave, tier
        {% for g in groupings %}
        , {{ g.by | name }} AS g_{{ loop.index }}, GROUPING({{ g.by | name }}) AS without_{{ loop.index }}
        {% endfor %}
        , CAST(COUNT(*) AS BIGINT) AS n
        , CAST(SUM(weight) AS DOUBLE PRECISION) AS w
        , CAST(SUM(weight * weight) AS DOUBLE PRECISION) AS ww
        {% for base, members in bases.items() %}
        {% set column = members[0] | name if members | length == 1 else "COALESCE(" ~ members | map("name") | join(", ") ~ ")" %}
        , CAST(COUNT({{ column }}) AS BIGINT) AS {{ (base ~ "__n_base") | name }}
        , CAST(COALESCE(SUM(CASE WHEN {{ column }} IS NOT NULL THEN weight END), 0) AS DOUBLE PRECISION) AS {{ (base ~ "__w_base") | name }}
        , CAST(COALESCE(SUM(CASE WHEN {{ column }} IS NOT NULL THEN weight * weight END), 0) AS DOUBLE PRECISION) AS {{ (base ~ "__ww_base") | name }}
        {% endfor %}
        {% for y in indicators %}
        , CAST(SUM({{ y | name }}) AS BIGINT) AS {{ (y ~ "__n_yes") | name }}
        , CAST(SUM(weight * {{ y | name }}) AS DOUBLE PRECISION) AS {{ (y ~ "__w_yes") | name }}
        , CAST(SUM(weight * weight * {{ y | name }}) AS DOUBLE PRECISION) AS {{ (y ~ "__ww_yes") | name }}
        {% endfor %}
    FROM divided
    GROUP BY GROUPING SETS ((wave, tier){% for g in groupings %}, (wave, tier, {{ g.by | name }}){% endfor %})
)
SELECT
    wave,
    'all' AS stratum,
    CASE{% for g in groupings %} WHEN without_{{ loop.index }} = 0 THEN {% if g.level is none %}{{ g.segment | value }}{% else %}CASE WHEN g_{{ loop.index }} = 1 THEN {{ g.segment | value }} ELSE {{ ("not " ~ g.segment) | value }} END{% endif %}{% endfor %} WHEN TRUE THEN 'all' END AS segment,
    CASE{% for g in groupings %} WHEN without_{{ loop.index }} = 0 THEN {% if g.level is none %}g_{{ loop.index }}{% else %}{{ g.level | value }}{% endif %}{% endfor %} WHEN TRUE THEN 'all' END AS level,
    tier,
    n, w, ww
    {% for base in bases %}
    , {{ (base ~ "__n_base") | name }}, {{ (base ~ "__w_base") | name }}, {{ (base ~ "__ww_base") | name }}
    {% endfor %}
    {% for y in indicators %}
    , {{ (y ~ "__n_yes") | name }}, {{ (y ~ "__w_yes") | name }}, {{ (y ~ "__ww_yes") | name }}
    {% endfor %}
FROM grouped
{% for g in groupings if g.level is not none %}
{{ "WHERE" if loop.first else "AND" }} (without_{{ groupings.index(g) + 1 }} = 1 OR g_{{ groupings.index(g) + 1 }} IS NOT NULL)
{% endfor %}
ORDER BY segment, level, tier
