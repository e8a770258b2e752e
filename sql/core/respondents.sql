-- respondents: one row per delivered record with disposition, weights, score, tier, segments and indicators. An
-- indicator is 1 yes, 0 no, NULL not in its base; records that are not analysed have no weight, score, tier or indicators.
-- Those of one sampling unit stand together: sums by unit then take half the time.
-- Names with a space are this file's own: no question or segment can be called so.
{% import "macros.sql" as sql %}
WITH delivered_records AS (
    SELECT r.*, s.disposition AS "its disposition", s.disposition = 'analysed' AS "is analysed"
    FROM responses AS r JOIN screening AS s ON s.source_row = r.source_row
)
, divided AS (
    SELECT
        wave, source_row, respondent_id, "its disposition"
        {% if tiers is not none and tiers.answers is not none %}
        , CASE WHEN NOT "is analysed" THEN NULL{% for tier in tiers.order %} WHEN {{ sql.holds(tier_answers[tier]) }} THEN {{ tier | value }}{% endfor %} END AS "its tier"
        {% endif %}
        {% for s in segments %}
        , {% if s.segment is not none %}{{ sql.level_of(s.segment) }}{% else %}CAST(NULL AS VARCHAR){% endif %} AS {{ ("segment " ~ s.column) | name }}
        {% endfor %}
        {% for level in levels %}
        , {% if level.condition is not none %}CAST({{ sql.holds(level.condition) }} AS TINYINT){% else %}CAST(NULL AS TINYINT){% endif %} AS {{ ("segment " ~ level.column) | name }}
        {% endfor %}
        {% for i, there in indicators %}
        , {% if there %}CASE WHEN "is analysed" AND {{ sql.in_base(i.questions, i.rule) }} THEN CAST({{ sql.holds(i.when) }} AS TINYINT) END{% else %}CAST(NULL AS TINYINT){% endif %} AS {{ ("indicator " ~ i.name) | name }}
        {% endfor %}
    FROM delivered_records
)
{% if tiers is not none and tiers.answers is none %}
, cuts AS (
    SELECT level{% for tier in tiers.order[1:] %}, MAX(CASE WHEN tier = {{ tier | value }} THEN cut END) AS cut_{{ loop.index }}{% endfor %}

    FROM tier_cuts GROUP BY level
)
{% endif %}
SELECT
    d.wave, d.source_row, d.respondent_id, d."its disposition" AS disposition,
    {% if weight %}w.{{ weight | name }}{% else %}CAST(1 AS DOUBLE){% endif %} AS weight
    {% for name in sampled %}
    , w.{{ name | name }}
    {% endfor %}
    {% for name in dimensions %}
    , sc.{{ ("score_" ~ name) | name }}
    {% endfor %}
    , sc.score
    {% if tiers is none %}
    , CAST(NULL AS VARCHAR) AS tier
    {% elif tiers.answers is not none %}
    , d."its tier" AS tier
    {% else %}
    , CASE WHEN sc.score IS NULL OR cuts.level IS NULL THEN NULL{% for tier in tiers.order[1:] | reverse %} WHEN sc.score >= cuts.cut_{{ loop.revindex }} THEN {{ tier | value }}{% endfor %} ELSE {{ tiers.order[0] | value }} END AS tier
    {% endif %}
    {% for s in segments + levels %}
    , d.{{ ("segment " ~ s.column) | name }} AS {{ s.column | name }}
    {% endfor %}
    {% for i, there in indicators %}
    , d.{{ ("indicator " ~ i.name) | name }} AS {{ i.name | name }}
    {% endfor %}
FROM divided AS d
LEFT JOIN scores AS sc ON sc.source_row = d.source_row
{% if weight or sampled %}
LEFT JOIN weights AS w ON w.source_row = d.source_row
{% endif %}
{% if tiers is not none and tiers.answers is none %}
LEFT JOIN cuts ON cuts.level = {% if within is not none %}d.{{ ("segment " ~ within.name) | name }}{% else %}'all'{% endif %}

{% endif %}
ORDER BY {% if sampled %}w.psu, {% endif %}d.source_row
