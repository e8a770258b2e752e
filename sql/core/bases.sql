-- One row: delivered records, those of them with an answer, known or not, and for each question how many answered it.
SELECT
    CAST(COUNT(*) AS BIGINT) AS "all records",
    {% set cells = questions.values() | map("list") | sum(start=[]) %}
    CAST({% if cells %}COUNT(COALESCE({% for cell in cells %}{{ cell | name }}{{ ", " if not loop.last }}{% endfor %})){% else %}0{% endif %} AS BIGINT) AS "records with an answer"
    {% for question, cells in questions.items() %}
    , CAST(COUNT(COALESCE({% for cell in cells %}{{ cell | name }}{{ ", " if not loop.last }}{% endfor %})) AS BIGINT) AS {{ question | name }}
    {% endfor %}
FROM delivered
