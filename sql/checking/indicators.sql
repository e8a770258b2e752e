-- One row: base and count of yes of each indicator.
SELECT
    {% for name in indicators %}
    CAST(COUNT({{ name | name }}) AS BIGINT) AS {{ ("n " ~ name) | name }}, CAST(COALESCE(SUM({{ name | name }}), 0) AS BIGINT) AS {{ ("x " ~ name) | name }},
    {% endfor %}
FROM respondents
