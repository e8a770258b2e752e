-- One row per question with a condition: analysed respondents who answered it though they were not asked.
{% import "macros.sql" as sql %}
{% for question, q in questions.items() %}
SELECT {{ question | value }} AS question, COUNT(*) AS n
FROM responses JOIN screening USING (source_row)
WHERE disposition = 'analysed' AND {{ q.column | name }} IS NOT NULL AND NOT {{ sql.holds(q.asked) }}
{{ "UNION ALL" if not loop.last }}
{% endfor %}
