-- items: one row per analysed respondent, each item of the score from 0 to 100, NULL where it has no points.
-- Names with a space are this file's own: no question can be called so. The macro that gives points is that of the
-- scores; it comes with context because importing a template renders it.
{% from "core/scores.sql" import item with context %}
SELECT
    r.wave, r.source_row, p.weight AS "its weight"
    {% for i in items %}
    , CAST({{ item(i) }} AS DOUBLE) AS {{ i.column | name }}
    {% endfor %}
FROM responses AS r
JOIN respondents AS p ON p.source_row = r.source_row
WHERE p.disposition = 'analysed'
ORDER BY r.source_row
