-- One row: of each question that has one answer but a column for each option, records with several ticked.
SELECT
    {% for question, ticked in hot.items() %}
    CAST(COALESCE(SUM(CASE WHEN {% for option, answers in ticked.items() if answers %}CAST(COALESCE({{ columns_of[question][option] | name }} IN ({% for answer in answers %}{{ answer | value }}{{ ", " if not loop.last }}{% endfor %}), FALSE) AS INTEGER) + {% endfor %}0 > 1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS {{ question | name }},
    {% endfor %}
FROM delivered
