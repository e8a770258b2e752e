-- One row: of each column that tells whether a question was shown, whether some record was not shown it.
SELECT
    {% for column in shown %}
    BOOL_OR({{ column | name }} = 0) AS {{ column | name }},
    {% endfor %}
FROM delivered
