-- One row per analysed respondent: tier, segments, the score and each dimension of it.
SELECT
    source_row, tier
    {% for column in places %}
    , {{ column | name }}
    {% endfor %}
    {% for column in numbers %}
    , {{ column | name }} AS {{ ("number " ~ column) | name }}
    {% endfor %}
FROM respondents
WHERE disposition = 'analysed'
ORDER BY source_row
