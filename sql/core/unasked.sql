-- One row per question with a condition: analysed respondents who answered it though they were not asked.
{% import "macros.sql" as sql %}
{% for question, q in questions.items() %}
SELECT {{ question | value }} AS question, COUNT(*) AS n
FROM responses
WHERE source_row IN (SELECT s.source_row FROM screening AS s WHERE s.disposition = 'analysed')
    AND ({% for column in q.columns %}{{ column | name }} IS NOT NULL{{ " OR " if not loop.last }}{% endfor %})
    AND NOT {{ sql.holds(q.asked) }}
{{ "UNION ALL" if not loop.last }}
{% endfor %}
