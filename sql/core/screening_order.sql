-- What the cleaning rules look at that hang on who is still in: one row per delivered record, in order of source_row,
-- with what duplicates are told by and sorted by, and the duration. Names with a space are this file's own.
{% import "macros.sql" as sql %}
SELECT
    source_row, respondent_id, started_at, duration_seconds,
    {% if items %}
    (0 {% for item in items %}+ CAST({% if item.asked is not none %}{{ sql.holds(item.asked) }} AND {% endif %}{{ item.column | name }} IS NOT NULL AS INTEGER) {% endfor %}) AS "its answered"
    {% else %}
    0 AS "its answered"
    {% endif %}
    {% for step in steps if step.kind == "duplicate_answers" %}
    , CASE WHEN COALESCE({% for column in step.vector %}CAST({{ column | name }} AS VARCHAR){{ ", " if not loop.last }}{% endfor %}) IS NOT NULL
           THEN md5(CAST(row({% for column in step.vector %}{{ column | name }}{{ ", " if not loop.last }}{% endfor %}) AS VARCHAR)) ELSE CAST(source_row AS VARCHAR) END AS {{ ("answers of " ~ step.name) | name }}
    {% endfor %}
FROM responses
ORDER BY source_row
