-- delivered: one row per delivered record, declared columns as text. Blank cells are NULL; open answers are kept
-- as 1 only, so their words end at the delivered file.
{# Answers are evened out when they are read; here it is enough, and 3 times as fast, to trim what begins with a space. #}
{% macro cell(column) -%}
CASE WHEN {{ column }} >= '!' THEN {{ column }} ELSE {{ trimmed(column) }} END
{%- endmacro %}
{% macro trimmed(column) -%}
NULLIF(TRIM({{ column }}, {{ white_space | value }}), '')
{%- endmacro %}
SELECT
    {{ wave | value }} AS wave,
    {% if files | length > 1 %}
    CAST(row_number() OVER (ORDER BY file_number, file_row) AS BIGINT) AS source_row
    {% else %}
    CAST(file_row AS BIGINT) AS source_row
    {% endif %}
    {% for variable in names %}
    , {{ variable | name }}
    {% endfor %}
FROM (
{% for file in files %}
    {% if not loop.first %}UNION ALL{% endif %}

    SELECT
        {{ loop.index }} AS file_number, record - {{ file.header_rows }} AS file_row
        {% for variable in names %}
        {% set column = "c" ~ file.positions[variable] if variable in file.positions else none %}
        {% if column is none %}
        , CAST(NULL AS VARCHAR) AS {{ variable | name }}
        {% elif variable in written %}
        , CASE WHEN {{ trimmed(column) }} IS NOT NULL THEN '1' END AS {{ variable | name }}
        {% elif variable in written_ticks %}
        , CASE WHEN LOWER({{ trimmed(column) }}) IN ({% for answer in not_ticked %}{{ answer | value }}{{ ", " if not loop.last }}{% endfor %}) THEN '0' WHEN {{ trimmed(column) }} IS NOT NULL THEN '1' END AS {{ variable | name }}
        {% elif variable in evened %}
        , {{ cell(column) }} AS {{ variable | name }}
        {% else %}
        , {{ trimmed(column) }} AS {{ variable | name }}
        {% endif %}
        {% endfor %}
    FROM (
        -- Header rows are counted here: DuckDB's own `skip` miscounts behind a byte-order mark or a blank line.
        SELECT *, row_number() OVER () AS record
        FROM read_csv(
            {{ file.path | value }},
            auto_detect = false, header = false, delim = {{ file.delimiter | value }}, quote = '"', escape = '"',
            strict_mode = {{ file.strict | value }}, encoding = 'utf-8', max_line_size = 16000000,
            columns = { {%- for i in range(1, file.width + 1) %}'c{{ i }}': 'VARCHAR'{{ ", " if not loop.last }}{% endfor %} }
        )
    )
    WHERE record > {{ file.header_rows }}
{% endfor %}
)
