-- screening: one row per delivered record with the first cleaning rule that it meets, rules in the order of the
-- study file. What most rules meet hangs on the record alone; duplicates and medians are taken among the records that are
-- still in, so those rules are steps of their own. Names with a space are this file's own.
{% import "macros.sql" as sql %}
{% macro still_in(step) -%}
NOT ("is blank"{% for name in step.after %} OR {{ ("met " ~ name) | name }}{% endfor %})
{%- endmacro %}
{% macro met(step) -%}
{% if step.kind in ("test_response", "spam") %}
COALESCE(LOWER(TRIM(status)) IN ({% for text in (test_status if step.kind == "test_response" else spam_status) %}{{ text | value }}{{ ", " if not loop.last }}{% endfor %}), FALSE)
{%- elif step.kind == "bot" -%}
COALESCE(recaptcha < {{ step.rule.recaptcha_below | value }}, FALSE)
{%- elif step.kind == "fraud" -%}
COALESCE(fraud_score >= {{ step.rule.score_at_least | value }}, FALSE)
{%- elif step.kind == "platform_duplicate" -%}
(COALESCE(duplicate_score >= {{ step.rule.score_at_least | value }}, FALSE) OR COALESCE(ballot_box, FALSE))
{%- elif step.kind in ("no_consent", "screened_out") -%}
NOT {{ sql.holds(step.unless) }}
{%- elif step.kind == "attention_check" -%}
(FALSE {% for column in step.shown %}OR {{ column | name }} IS NOT NULL {% endfor %}) AND NOT {{ sql.holds(step.unless) }}
{%- elif step.kind == "straightliner" -%}
({% for rows in step.grids %}COALESCE({% for row in rows[1:] %}{{ row | name }} = {{ rows[0] | name }}{{ " AND " if not loop.last }}{% endfor %}, FALSE){{ " AND " if not loop.last }}{% endfor %})
{%- elif step.kind == "out_of_range" -%}
(FALSE {% for v in step.numbers %}OR COALESCE({{ v.name | name }} < {{ v.number_range[0] | value }} OR {{ v.name | name }} > {{ v.number_range[1] | value }}, FALSE) {% endfor %})
{%- elif step.kind == "excluded" -%}
respondent_id IN ({% for id in step.ids %}{{ id | value }}{{ ", " if not loop.last }}{% endfor %})
{%- elif step.kind == "incomplete" and step.rule.progress_below is not none -%}
COALESCE(progress_pct < {{ step.rule.progress_below | value }}, FALSE)
{%- elif step.kind == "incomplete" -%}
"its answered" < {{ step.rule.answered_below | value }} * "its asked"
{%- endif -%}
{%- endmacro %}
WITH counted AS (
    SELECT
        *,
        {{ sql.answered(items) }} AS "its answered",
        {{ sql.asked(items) }} AS "its asked",
        {% if answers %}COALESCE({% for column in answers %}CAST({{ column | name }} AS VARCHAR){{ ", " if not loop.last }}{% endfor %}) IS NULL{% else %}FALSE{% endif %} AS "is blank"
    FROM responses
)
, step_0 AS MATERIALIZED (
    SELECT
        wave, source_row, respondent_id, started_at, duration_seconds, "its answered", "its asked", "is blank"
        {% for step in steps %}
        {% if step.kind == "duplicate_answers" %}
        , {{ sql.vector(step.vector) }} AS {{ ("answers of " ~ step.name) | name }}
        {% elif not step.among %}
        , {{ met(step) }} AS {{ ("met " ~ step.name) | name }}
        {% endif %}
        {% endfor %}
    FROM counted
)
{% for step in steps if step.among %}
{% set former = "step_" ~ (loop.index - 1) %}
, step_{{ loop.index }} AS MATERIALIZED (
    SELECT
        *,
        {% if step.kind == "speeder" %}
        COALESCE(duration_seconds < {{ ("limit of " ~ step.name) | name }}, FALSE) AS {{ ("met " ~ step.name) | name }}
        {% else %}
        {{ still_in(step) }} AND row_number() OVER (
            PARTITION BY {{ "respondent_id" if step.kind == "duplicate_id" else ("answers of " ~ step.name) | name }}, {{ still_in(step) }}
            ORDER BY {% if step.kind == "duplicate_answers" or step.rule.keep == "most_complete" %}"its answered" DESC, {% endif %}started_at NULLS LAST, source_row) > 1 AS {{ ("met " ~ step.name) | name }}
        {% endif %}
    FROM {{ former }}
    {% if step.kind == "speeder" %}
    CROSS JOIN (
        {% if step.rule.below_seconds is not none %}
        SELECT CAST({{ step.rule.below_seconds | value }} AS DOUBLE) AS {{ ("limit of " ~ step.name) | name }}
        {% else %}
        SELECT {{ step.rule.below_median | value }} * MEDIAN(duration_seconds) AS {{ ("limit of " ~ step.name) | name }} FROM {{ former }} WHERE {{ still_in(step) }}
        {% endif %}
    ) AS limits
    {% endif %}
)
{% endfor %}
SELECT
    wave, source_row, respondent_id,
    CASE WHEN "is blank" THEN 'blank'{% for step in steps %} WHEN {{ ("met " ~ step.name) | name }} THEN {{ step.name | value }}{% endfor %} ELSE 'analysed' END AS disposition,
    CASE WHEN "is blank" THEN 'blank' ELSE concat_ws(' ', NULL{% for step in steps %}, CASE WHEN {{ ("met " ~ step.name) | name }} THEN {{ step.name | value }} END{% endfor %}) END AS rules_met,
    CASE WHEN "its asked" > 0 THEN CAST("its answered" AS DOUBLE) / "its asked" END AS answered_share
    {% for step in steps if step.kind == "speeder" %}
    , {{ ("limit of " ~ step.name) | name }} AS {{ (step.name ~ "_limit_seconds") | name }}
    {% endfor %}
FROM step_{{ steps | selectattr("among") | list | length }}
ORDER BY source_row
