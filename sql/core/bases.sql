-- One row: delivered records, and for each question how many of them answered it.
SELECT
    CAST(COUNT(*) AS BIGINT) AS "all records"
    {% for question, cells in questions.items() %}
    , CAST(COUNT(COALESCE({% for cell in cells %}{{ cell | name }}{{ ", " if not loop.last }}{% endfor %})) AS BIGINT) AS {{ question | name }}
    {% endfor %}
FROM delivered
