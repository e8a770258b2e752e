-- cells: one row per wave, weight, replicate, stratum, sampling unit, combination of margins, tier and level of one
-- segment, with the sums that shares, ratios and their variances need. Additive: cells of disjoint sets of respondents
-- add up. Where levels overlap, each has two sets of cells: of its members (segment) and of those known to be outside
-- it (`not segment`). Sums of weights stand only where the study has weights, those of squares of a yes only where
-- respondents are their own sampling units. Sums of respondents by all levels of a bundle of segments (combined, a table
-- where `held`) are summed again for each segment: the same, as they are exact. Portable SQL.
{% set weighted = weightings | length > 0 %}
WITH
{% if not held %}
combined AS (
{% include "core/cells_combined.sql" %}
)
, {% endif %}
grouped AS (
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
