-- One row per analysed respondent: where the respondent stands, and a column for every answer that can be given, 1 yes,
-- 0 no, NULL where the question was not answered. Numbers and open answers have one, 1 where answered.
SELECT
    p.wave, p.source_row, p.disposition, p.tier
    {% for column in sampled + places %}
    , p.{{ column | name }}
    {% endfor %}
    {% for o in options %}
    , {% if o.code is none %}CASE WHEN r.{{ o.variable | name }} IS NOT NULL THEN CAST(1 AS TINYINT) END{% elif o.tick %}r.{{ o.variable | name }}{% else %}CAST(r.{{ o.variable | name }} = {{ o.code | value }} AS TINYINT){% endif %} AS {{ o.name | name }}
    {% endfor %}
FROM respondents AS p
JOIN responses AS r ON r.source_row = p.source_row
WHERE p.disposition = 'analysed'
