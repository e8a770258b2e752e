-- respondents: one row per delivered record with disposition, score, tier, segments and indicators. An indicator is
-- 1 yes, 0 no, NULL not in its base; records that are not analysed have none.
{% import "macros.sql" as sql %}
{% macro in_base(i) -%}
{%- for q in i.questions -%}
{%- if i.rule == "everyone" -%}TRUE
{%- elif i.rule == "asked" -%}{% if q.asked_if is none %}TRUE{% else %}{{ sql.holds(q.asked_if) }}{% endif %}
{%- else -%}{{ q.answered | name }} IS NOT NULL{% if i.rule == "substantive" and q.no_content is not none %} AND NOT {{ sql.holds(q.no_content) }}{% endif %}
{%- endif -%}{{ " AND " if not loop.last }}
{%- endfor -%}
{%- endmacro %}
WITH analysed AS (
    SELECT r.*, s.disposition, s.disposition = 'analysed' AS is_analysed
    FROM responses AS r JOIN screening AS s USING (source_row)
)
, divided AS (
    SELECT
        *
        {% for s, there in segments %}
        {% if s.overlapping %}
        {% for level, column in s.columns.items() %}
        , {% if there %}CAST({{ sql.holds(s.conditions[level]) }} AS TINYINT){% else %}CAST(NULL AS TINYINT){% endif %} AS {{ ("segment " ~ column) | name }}
        {% endfor %}
        {% else %}
        , {% if there %}{{ sql.level_of(s) }}{% else %}CAST(NULL AS VARCHAR){% endif %} AS {{ ("segment " ~ s.name) | name }}
        {% endif %}
        {% endfor %}
    FROM analysed
)
{% if tiers is not none and tiers.answers is none %}
, cuts AS (
    SELECT level{% for tier in tiers.order[1:] %}, MAX(CASE WHEN tier = {{ tier | value }} THEN cut END) AS cut_{{ loop.index }}{% endfor %}

    FROM tier_cuts GROUP BY level
)
{% endif %}
SELECT
    d.wave, d.source_row, d.respondent_id, d.disposition,
    CAST(1 AS DOUBLE) AS weight
    {% for name in dimensions %}
    , sc.{{ ("score_" ~ name) | name }}
    {% endfor %}
    , sc.score
    {% if tiers is none %}
    , CAST(NULL AS VARCHAR) AS tier
    {% elif tiers.answers is not none %}
    , CASE WHEN NOT is_analysed THEN NULL{% for tier in tiers.order %} WHEN {{ sql.holds(tier_answers[tier]) }} THEN {{ tier | value }}{% endfor %} END AS tier
    {% else %}
    , CASE WHEN sc.score IS NULL OR cuts.level IS NULL THEN NULL{% for tier in tiers.order[1:] | reverse %} WHEN sc.score >= cut_{{ loop.revindex }} THEN {{ tier | value }}{% endfor %} ELSE {{ tiers.order[0] | value }} END AS tier
    {% endif %}
    {% for s, there in segments %}
    {% if s.overlapping %}
    {% for column in s.columns.values() %}
    , {{ ("segment " ~ column) | name }} AS {{ column | name }}
    {% endfor %}
    {% else %}
    , {{ ("segment " ~ s.name) | name }} AS {{ s.name | name }}
    {% endif %}
    {% endfor %}
    {% for i, there in indicators %}
    {% if there %}
    , CASE WHEN is_analysed AND {{ in_base(i) }} THEN CAST({{ sql.holds(i.when) }} AS TINYINT) END AS {{ i.name | name }}
    {% else %}
    , CAST(NULL AS TINYINT) AS {{ i.name | name }}
    {% endif %}
    {% endfor %}
FROM divided AS d
LEFT JOIN scores AS sc USING (source_row)
{% if tiers is not none and tiers.answers is none %}
LEFT JOIN cuts ON cuts.level = {% if within is not none %}d.{{ ("segment " ~ within.name) | name }}{% else %}'all'{% endif %}

{% endif %}
ORDER BY d.source_row
