-- cells: one row per wave, stratum, tier and level of one segment, with the sums that shares, ratios and their
-- variances need. Additive: cells of disjoint sets of respondents add up. Portable SQL.
WITH grouped AS (
    SELECT
        wave, tier
        {% for g in groupings %}
        , {{ g.column | name }} AS g_{{ loop.index }}, GROUPING({{ g.column | name }}) AS without_{{ loop.index }}
        {% endfor %}
        , CAST(COUNT(*) AS BIGINT) AS n
        , CAST(SUM(weight) AS DOUBLE PRECISION) AS w
        , CAST(SUM(weight * weight) AS DOUBLE PRECISION) AS ww
        {% for base in bases %}
        , CAST(COUNT({{ base | name }}) AS BIGINT) AS {{ (base ~ "__n_base") | name }}
        , CAST(COALESCE(SUM(CASE WHEN {{ base | name }} IS NOT NULL THEN weight END), 0) AS DOUBLE PRECISION) AS {{ (base ~ "__w_base") | name }}
        , CAST(COALESCE(SUM(CASE WHEN {{ base | name }} IS NOT NULL THEN weight * weight END), 0) AS DOUBLE PRECISION) AS {{ (base ~ "__ww_base") | name }}
        {% endfor %}
        {% for y in indicators %}
        , CAST(SUM({{ y | name }}) AS BIGINT) AS {{ (y ~ "__n_yes") | name }}
        , CAST(SUM(weight * {{ y | name }}) AS DOUBLE PRECISION) AS {{ (y ~ "__w_yes") | name }}
        , CAST(SUM(weight * weight * {{ y | name }}) AS DOUBLE PRECISION) AS {{ (y ~ "__ww_yes") | name }}
        {% endfor %}
    FROM respondents
    WHERE disposition = 'analysed'
    GROUP BY GROUPING SETS ((wave, tier){% for g in groupings %}, (wave, tier, {{ g.column | name }}){% endfor %})
)
SELECT
    wave,
    'all' AS stratum,
    CASE{% for g in groupings %} WHEN without_{{ loop.index }} = 0 THEN {{ g.segment | value }}{% endfor %} {% if not groupings %}WHEN TRUE THEN 'all' {% endif %}ELSE 'all' END AS segment,
    CASE{% for g in groupings %} WHEN without_{{ loop.index }} = 0 THEN {% if g.level is none %}g_{{ loop.index }}{% else %}{{ g.level | value }}{% endif %}{% endfor %} {% if not groupings %}WHEN TRUE THEN 'all' {% endif %}ELSE 'all' END AS level,
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
{{ "WHERE" if loop.first else "AND" }} (without_{{ groupings.index(g) + 1 }} = 1 OR g_{{ groupings.index(g) + 1 }} = 1)
{% endfor %}
ORDER BY segment, level, tier
