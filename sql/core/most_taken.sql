-- One row per cleaning rule that takes out more than half of the records that reach it; of duplicate_id the most
-- frequent id among these.
{% macro before(rule) -%}
'blank'{% for name in rule.after %}, {{ name | value }}{% endfor %}
{%- endmacro %}
{% for rule in rules %}
SELECT
    {{ rule.name | value }} AS rule, COUNT(*) AS reached, COUNT(*) FILTER (disposition = {{ rule.name | value }}) AS taken_out,
    {% if rule.by_id %}
    (SELECT respondent_id FROM screening WHERE disposition NOT IN ({{ before(rule) }}) GROUP BY ALL ORDER BY COUNT(*) DESC, respondent_id LIMIT 1) AS id,
    (SELECT COUNT(*) AS n FROM screening WHERE disposition NOT IN ({{ before(rule) }}) GROUP BY respondent_id ORDER BY n DESC LIMIT 1) AS times
    {% else %}
    CAST(NULL AS VARCHAR) AS id, CAST(NULL AS BIGINT) AS times
    {% endif %}
FROM screening
WHERE disposition NOT IN ({{ before(rule) }})
HAVING 2 * taken_out > reached
{{ "UNION ALL" if not loop.last }}
{% endfor %}
