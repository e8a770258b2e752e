-- cells: the rows of chunks that hold some of the sums each. Every chunk has the same keys.
{% set first = chunks[0].name | name %}
SELECT
    {{ first }}.*
    {% for chunk in chunks[1:] %}
    {% for column in chunk.sums %}
    , {{ chunk.name | name }}.{{ column | name }}
    {% endfor %}
    {% endfor %}
FROM {{ first }}
{% for chunk in chunks[1:] %}
JOIN {{ chunk.name | name }}
    ON {% for key in keys %}{{ "AND " if not loop.first }}{{ first }}.{{ key | name }} IS NOT DISTINCT FROM {{ chunk.name | name }}.{{ key | name }} {% endfor %}

{% endfor %}
ORDER BY weighting, segment, level, tier, stratum, psu, margins, replicate
