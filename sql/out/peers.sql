{# Who is compared with whom: shared by the tables of peers. #}
{# A level's part is a value of the segment's column; a net has several. Everyone is the peer of everyone under `all`. #}
{% macro scored() -%}
scored AS (
    SELECT
        source_row, respondent_id, weight, score,
        {% if column is not none %}{{ column | name }}{% else %}CAST(NULL AS VARCHAR){% endif %} AS own_level
    FROM respondents
    WHERE disposition = 'analysed' AND weight > 0 AND isfinite(score)
)
{%- endmacro %}
{% macro levels(of) -%}
levels(segment, level, part) AS (
    VALUES ('all', 'all', CAST(NULL AS VARCHAR)){% for level, parts in of.items() %}{% for part in parts %}, ({{ segment | value }}, {{ level | value }}, {{ part | value }}){% endfor %}{% endfor %}

)
{%- endmacro %}
{% macro status(n) -%}
CASE WHEN {{ n }} < {{ suppress_below }} THEN 'suppress' WHEN {{ n }} < {{ footnote_below }} THEN 'footnote' ELSE 'show' END AS status,
    CASE WHEN {{ n }} < {{ suppress_below }} THEN 'base ' || {{ n }} || ' under {{ suppress_below }}' WHEN {{ n }} < {{ footnote_below }} THEN 'low base: ' || {{ n }} || ' under {{ footnote_below }}' ELSE '' END AS status_reason
{%- endmacro %}
