-- delivered: one row per delivered record, declared columns as text. Empty cells are NULL; open answers are kept
-- as 1 only, so their words end at the delivered file.
SELECT
    {{ wave | value }} AS wave,
    CAST(row_number() OVER ({% if files | length > 1 %}ORDER BY file_number, file_row{% endif %}) AS BIGINT) AS source_row
    {% for variable in names %}
    , {{ variable | name }}
    {% endfor %}
FROM (
{% for file in files %}
    {% if not loop.first %}UNION ALL{% endif %}

    SELECT
        {{ loop.index }} AS file_number
        {% if files | length > 1 %}, row_number() OVER () AS file_row{% endif %}
        {% for variable in names %}
        {% set position = file.positions.get(variable) %}
        {% if position is none %}
        , CAST(NULL AS VARCHAR) AS {{ variable | name }}
        {% elif variable in written %}
        , CASE WHEN TRIM(c{{ position }}) <> '' THEN '1' END AS {{ variable | name }}
        {% else %}
        , NULLIF(TRIM(c{{ position }}), '') AS {{ variable | name }}
        {% endif %}
        {% endfor %}
    FROM read_csv(
        {{ file.path | value }},
        auto_detect = false, header = false, skip = {{ file.skip }}, delim = {{ file.delimiter | value }},
        quote = '"', escape = '"', encoding = {{ file.encoding | value }}, max_line_size = 16000000,
        columns = { {%- for i in range(1, file.width + 1) %}'c{{ i }}': 'VARCHAR'{{ ", " if not loop.last }}{% endfor %} }
    )
{% endfor %}
)
