-- screening: one row per delivered record with the first cleaning rule that it meets, rules in the order of the
-- study file. Each step sees which rows are still in, so medians and duplicates are taken among those.
{% import "macros.sql" as sql %}
WITH step_0 AS MATERIALIZED (
    SELECT
        wave, source_row, respondent_id, started_at, duration_seconds,
        {# In brackets of 200, as DuckDB refuses sums of 1,000. #}
        {% if items %}
        (0 {% for some in items | batch(200) %}+ (0 {% for item in some %}+ CAST({% if item.asked is not none %}{{ sql.holds(item.asked) }} AND {% endif %}{{ item.column | name }} IS NOT NULL AS INTEGER) {% endfor %}){% endfor %}) AS answered,
        (0 {% for some in items | batch(200) %}+ (0 {% for item in some %}+ {% if item.asked is none %}1{% else %}CAST({{ sql.holds(item.asked) }} AS INTEGER){% endif %} {% endfor %}){% endfor %}) AS asked,
        {% else %}
        0 AS answered, 0 AS asked,
        {% endif %}
        {% for step in steps %}
        {% if step.kind in ("test_response", "spam") %}
        COALESCE(LOWER(TRIM(status)) IN ({% for text in (test_status if step.kind == "test_response" else spam_status) %}{{ text | value }}{{ ", " if not loop.last }}{% endfor %}), FALSE) AS met_{{ loop.index }},
        {% elif step.kind == "bot" %}
        COALESCE(recaptcha < {{ step.rule.recaptcha_below | value }}, FALSE) AS met_{{ loop.index }},
        {% elif step.kind == "fraud" %}
        COALESCE(fraud_score >= {{ step.rule.score_at_least | value }}, FALSE) AS met_{{ loop.index }},
        {% elif step.kind == "platform_duplicate" %}
        (COALESCE(duplicate_score >= {{ step.rule.score_at_least | value }}, FALSE) OR COALESCE(ballot_box, FALSE)) AS met_{{ loop.index }},
        {% elif step.kind in ("no_consent", "screened_out") %}
        NOT {{ sql.holds(step.unless) }} AS met_{{ loop.index }},
        {% elif step.kind == "attention_check" %}
        (FALSE {% for column in step.shown %}OR {{ column | name }} IS NOT NULL {% endfor %}) AND NOT {{ sql.holds(step.unless) }} AS met_{{ loop.index }},
        {% elif step.kind == "straightliner" %}
        ({% for rows in step.grids %}COALESCE({% for row in rows[1:] %}{{ row | name }} = {{ rows[0] | name }}{{ " AND " if not loop.last }}{% endfor %}, FALSE){{ " AND " if not loop.last }}{% endfor %}) AS met_{{ loop.index }},
        {% elif step.kind == "out_of_range" %}
        (FALSE {% for v in step.numbers %}OR COALESCE({{ v.name | name }} < {{ v.number_range[0] | value }} OR {{ v.name | name }} > {{ v.number_range[1] | value }}, FALSE) {% endfor %}) AS met_{{ loop.index }},
        {% elif step.kind == "excluded" %}
        respondent_id IN ({% for id in step.ids %}{{ id | value }}{{ ", " if not loop.last }}{% endfor %}) AS met_{{ loop.index }},
        {% elif step.kind == "incomplete" and step.rule.progress_below is not none %}
        COALESCE(progress_pct < {{ step.rule.progress_below | value }}, FALSE) AS met_{{ loop.index }},
        {% elif step.kind == "duplicate_answers" %}
        CASE WHEN COALESCE({% for column in step.vector %}CAST({{ column | name }} AS VARCHAR){{ ", " if not loop.last }}{% endfor %}) IS NOT NULL
             THEN md5(CAST(row({% for column in step.vector %}{{ column | name }}{{ ", " if not loop.last }}{% endfor %}) AS VARCHAR)) ELSE CAST(source_row AS VARCHAR) END AS vector_{{ loop.index }},
        {% endif %}
        {% endfor %}
        CASE WHEN {% if answers %}COALESCE({% for column in answers %}CAST({{ column | name }} AS VARCHAR){{ ", " if not loop.last }}{% endfor %}) IS NULL{% else %}FALSE{% endif %} THEN 'blank' END AS out_0
    FROM responses
)
{% for step in steps %}
{% set k = loop.index %}
{% set before = "out_" ~ (k - 1) %}
{% set among = "(" ~ before ~ " IS NULL)" %}
, found_{{ k }} AS (
    SELECT
        *,
        {% if step.kind == "incomplete" and step.rule.answered_below is not none %}
        answered < {{ step.rule.answered_below | value }} * asked AS hit
        {% elif step.kind == "duplicate_id" %}
        {{ before }} IS NULL AND row_number() OVER (
            PARTITION BY respondent_id, {{ among }}
            ORDER BY {% if step.rule.keep == "most_complete" %}answered DESC, {% endif %}started_at NULLS LAST, source_row) > 1 AS hit
        {% elif step.kind == "duplicate_answers" %}
        {{ before }} IS NULL AND row_number() OVER (
            PARTITION BY vector_{{ k }}, {{ among }}
            ORDER BY answered DESC, started_at NULLS LAST, source_row) > 1 AS hit
        {% elif step.kind == "speeder" %}
        COALESCE(duration_seconds < limit_{{ k }}, FALSE) AS hit
        {% else %}
        met_{{ k }} AS hit
        {% endif %}
    {% if step.kind == "speeder" %}
    FROM step_{{ k - 1 }}, (
        {% if step.rule.below_seconds is not none %}
        SELECT CAST({{ step.rule.below_seconds | value }} AS DOUBLE) AS limit_{{ k }}
        {% else %}
        SELECT {{ step.rule.below_median | value }} * MEDIAN(duration_seconds) AS limit_{{ k }} FROM step_{{ k - 1 }} WHERE {{ before }} IS NULL
        {% endif %}
    )
    {% else %}
    FROM step_{{ k - 1 }}
    {% endif %}
)
, step_{{ k }} AS MATERIALIZED (
    SELECT * EXCLUDE (hit), COALESCE({{ before }}, CASE WHEN hit THEN {{ step.name | value }} END) AS out_{{ k }}, hit AND out_0 IS NULL AS hit_{{ k }}
    FROM found_{{ k }}
)
{% endfor %}
SELECT
    wave, source_row, respondent_id,
    COALESCE(out_{{ steps | length }}, 'analysed') AS disposition,
    concat_ws(' ', CASE WHEN out_0 = 'blank' THEN 'blank' END{% for step in steps %}, CASE WHEN hit_{{ loop.index }} THEN {{ step.name | value }} END{% endfor %}) AS rules_met,
    CASE WHEN asked > 0 THEN CAST(answered AS DOUBLE) / asked END AS answered_share
    {% for step in steps if step.kind == "speeder" %}
    , limit_{{ steps.index(step) + 1 }} AS {{ (step.name ~ "_limit_seconds") | name }}
    {% endfor %}
FROM step_{{ steps | length }}
ORDER BY source_row
