-- scores: one row per analysed respondent, each dimension and the score from 0 to 100.
{% macro item(i) -%}
{%- if i.points is none -%}(100.0 * r.{{ i.column | name }})
{%- else -%}CASE r.{{ i.column | name }}{% for option, points in i.points.items() %} WHEN {{ option | value }} THEN {{ points | value }}{% endfor %} END
{%- endif -%}
{%- endmacro %}
WITH items AS (
    SELECT
        r.wave, r.source_row
        {% for d in dimensions %}{% set outer = loop.index %}{% for i in d["items"] %}
        , CAST({{ item(i) }} AS DOUBLE) AS i_{{ outer }}_{{ loop.index }}
        {% endfor %}{% endfor %}
    FROM responses AS r
    JOIN screening AS s ON s.source_row = r.source_row
    WHERE s.disposition = 'analysed'
)
, dimensions AS (
    SELECT
        wave, source_row
        {% for d in dimensions %}{% set outer = loop.index %}
        , CASE WHEN {% for i in d["items"] %}CAST(i_{{ outer }}_{{ loop.index }} IS NOT NULL AS INTEGER){{ " + " if not loop.last }}{% endfor %} >= {{ d.needed }}
            THEN ({% for i in d["items"] %}COALESCE(i_{{ outer }}_{{ loop.index }}, 0){{ " + " if not loop.last }}{% endfor %})
               / ({% for i in d["items"] %}CAST(i_{{ outer }}_{{ loop.index }} IS NOT NULL AS INTEGER){{ " + " if not loop.last }}{% endfor %}) END AS {{ ("score_" ~ d.name) | name }}
        {% endfor %}
    FROM items
)
SELECT
    *,
    {% if dimensions %}
    ROUND(({% for d in dimensions %}{{ d.weight | value }} * {{ ("score_" ~ d.name) | name }}{{ " + " if not loop.last }}{% endfor %})
        / ({% for d in dimensions %}{{ d.weight | value }}{{ " + " if not loop.last }}{% endfor %}), 6) AS score
    {% else %}
    NULL AS score
    {% endif %}
FROM dimensions
ORDER BY source_row
