-- What the cleaning rules look at that hang on who is still in: one row per delivered record, in order of source_row,
-- with what duplicates are told by and sorted by, and the duration. Names with a space are this file's own.
{% import "macros.sql" as sql %}
SELECT
    source_row, respondent_id, started_at, duration_seconds,
    {{ sql.answered(items) }} AS "its answered"
    {% for step in steps if step.kind == "duplicate_answers" %}
    , {{ sql.vector(step.vector) }} AS {{ ("answers of " ~ step.name) | name }}
    {% endfor %}
FROM responses
ORDER BY source_row
