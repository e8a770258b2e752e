-- One row per distinct delivered answer of each column that holds options, and per number that cannot be read.
{% import "macros.sql" as sql %}
{% for column in columns %}
SELECT {{ column | value }} AS source, {{ column | name }} AS answer, CAST(COUNT(*) AS BIGINT) AS n
FROM delivered WHERE {{ column | name }} IS NOT NULL GROUP BY ALL
UNION ALL
{% endfor %}
{% for column in numbers %}
SELECT {{ column | value }} AS source, {{ column | name }} AS answer, CAST(COUNT(*) AS BIGINT) AS n
FROM delivered WHERE {{ column | name }} IS NOT NULL AND {{ sql.number(column | name) }} IS NULL GROUP BY ALL
UNION ALL
{% endfor %}
SELECT '' AS source, '' AS answer, CAST(0 AS BIGINT) AS n WHERE FALSE
ORDER BY source, answer
