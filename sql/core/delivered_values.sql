-- One row per distinct delivered answer of each column that holds options, and per number that cannot be read.
{% import "macros.sql" as sql %}
WITH answers AS (
    {% if columns or numbers %}
    UNPIVOT (
        SELECT
            {% for column in columns %}
            {{ column | name }}{{ "," if numbers or not loop.last }}
            {% endfor %}
            {% for column in numbers %}
            CASE WHEN {{ sql.number(column | name) }} IS NULL THEN {{ column | name }} END AS {{ column | name }}{{ "," if not loop.last }}
            {% endfor %}
        FROM delivered
    ) ON {% for column in columns + numbers %}{{ column | name }}{{ ", " if not loop.last }}{% endfor %} INTO NAME source VALUE answer
    {% else %}
    SELECT '' AS source, '' AS answer WHERE FALSE
    {% endif %}
)
SELECT source, answer, CAST(COUNT(*) AS BIGINT) AS n
FROM answers
GROUP BY source, answer
ORDER BY source, answer
