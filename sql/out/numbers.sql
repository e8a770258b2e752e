-- One row per analysed respondent: where the respondent stands in the design, tier, segments, and every number.
SELECT
    p.source_row, p.tier
    {% for column in places %}
    , p.{{ column | name }}
    {% endfor %}
    {% for column in numbers %}
    , r.{{ column | name }} AS {{ ("number " ~ column) | name }}
    {% endfor %}
FROM respondents AS p
JOIN responses AS r ON r.source_row = p.source_row
WHERE p.disposition = 'analysed'
ORDER BY p.source_row
