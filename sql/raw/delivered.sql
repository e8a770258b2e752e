-- delivered: one row per delivered record, declared columns as text. Blank cells are NULL; open answers are kept
-- as 1 only, so their words end at the delivered file.
{# Answers are evened out when they are read; here it is enough, and 3 times as fast, to trim what begins with a space. #}
{% macro cell(column) -%}
CASE WHEN {{ column }} >= '!' THEN {{ column }} ELSE {{ trimmed(column) }} END
{%- endmacro %}
{% macro trimmed(column) -%}
NULLIF(TRIM({{ column }}, {{ white_space | value }}), '')
{%- endmacro %}
{% macro texts(several) -%}
({% for text in several %}{{ text | value }}{{ ", " if not loop.last }}{% endfor %})
{%- endmacro %}
{# An answer, or NULL where the cell holds what stands for none. #}
{% macro answer(variable, column, blanks) -%}
{%- set own = cell(column) if variable in evened else trimmed(column) -%}
{%- if blanks | length == 1 -%}NULLIF({{ own }}, {{ blanks[0] | value }}){%- elif blanks -%}CASE WHEN {{ own }} NOT IN {{ texts(blanks) }} THEN {{ own }} END{%- else -%}{{ own }}{%- endif -%}
{%- endmacro %}
{% macro one(variable, column, blanks) -%}
{%- if variable in written -%}
CASE WHEN {{ answer(variable, column, blanks) }} IS NOT NULL THEN '1' END
{%- elif variable in written_ticks -%}
CASE WHEN LOWER({{ trimmed(column) }}) IN {{ texts(not_ticked) }} THEN '0' WHEN {{ answer(variable, column, blanks) }} IS NOT NULL THEN '1' END
{%- else -%}
{{ answer(variable, column, blanks) }}
{%- endif -%}
{%- endmacro %}
{# A number with a decimal comma as one with a point, so that all behind reads numbers in one way. Outside text #}
{# files 1.125 is a real number, not a thousand: only what has a comma is meant there. #}
{% macro with_point(cell, file) -%}
CASE WHEN regexp_full_match({{ cell }}, {{ with_comma | value }}){{ "" if file.is_csv else " AND contains(" ~ cell ~ ", ',')" }} THEN replace(regexp_replace({{ cell }}, {{ grouping | value }}, '', 'g'), ',', '.') ELSE {{ cell }} END
{%- endmacro %}
{% macro found(variable, column, blanks, file) -%}
{%- set own = one(variable, column, blanks) -%}
{%- if variable in moments and file.dates -%}{{ month_first(own, file) }}
{%- else -%}{{ with_point(own, file) if variable in numbers and file.decimal == "," else own }}{%- endif -%}
{%- endmacro %}
{# A date such as 13/04/2024 as 04/13/2024, which all behind reads. Which part is the day, those above 12 tell, of all #}
{# starts and finishes of the file. Where none does, / stands as it is, month first, and - is not read. #}
{% macro month_first(cell, file) -%}
{%- set days_first, days_second = ("\"days first\" AND NOT \"days second\"", "\"days second\" AND NOT \"days first\"") if file.day_first is none else ("TRUE", "FALSE") if file.day_first else ("FALSE", "TRUE") -%}
CASE WHEN {{ days_first }} THEN regexp_replace({{ cell }}, {{ parted }}, '\2/\1/\3') WHEN {{ days_second }} THEN regexp_replace({{ cell }}, {{ parted }}, '\1/\2/\3') ELSE {{ cell }} END
{%- endmacro %}
{% set parted = "'^\\s*([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{2})'" %}
{% set day, month = "(1[3-9]|2[0-9]|3[01])", "(0?[1-9]|1[0-2])" %}
{# Whether some cell is a date with these two parts in front, so that one of them can only be the day. #}
{% macro some(columns, first, second) -%}
COALESCE(BOOL_OR({% for column in columns %}COALESCE(regexp_matches({{ column }}, {{ ("^\\s*" ~ first ~ "[/-]" ~ second ~ "[/-][0-9]{2}") | value }}), FALSE){{ " OR " if not loop.last }}{% endfor %}), FALSE)
{%- endmacro %}
{% macro records(file) %}
        {% if file.is_csv %}
        -- Header rows are counted here: DuckDB's own `skip` miscounts behind a byte-order mark or a blank line.
        SELECT *, row_number() OVER () AS record
        FROM read_csv(
            {{ file.path | value }},
            auto_detect = false, header = false, delim = {{ file.delimiter | value }}, quote = '"', escape = '"',
            strict_mode = {{ file.strict | value }}, encoding = 'utf-8', max_line_size = 16000000,
            columns = { {%- for i in range(1, file.width + 1) %}'c{{ i }}': 'VARCHAR'{{ ", " if not loop.last }}{% endfor %} }
        )
        {% else %}
        SELECT *, file_row_number + 1 AS record FROM read_parquet({{ file.path | value }}, file_row_number = true)
        {% endif %}
{% endmacro %}
SELECT
    {{ wave | value }} AS wave,
    {% if files | length > 1 %}
    CAST(row_number() OVER (ORDER BY file_number, file_row) AS BIGINT) AS source_row
    {% else %}
    CAST(file_row AS BIGINT) AS source_row
    {% endif %}
    {% for variable in names %}
    {% if variable == "id" and key is not none %}
    {# HMAC-SHA256: hash of the outer key and of the hash of the inner key and the id. #}
    , sha256(unhex('{{ key.outer }}') || unhex(sha256(unhex('{{ key.inner }}') || encode(id)))) AS id
    {% else %}
    , {{ variable | name }}
    {% endif %}
    {% endfor %}
    {% for column in shown %}
    {# Without a single mark the export does not tell who was shown what. #}
    , CASE WHEN BOOL_OR("tells who was shown") OVER () THEN {{ column | name }} ELSE 1 END AS {{ column | name }}
    {% endfor %}
FROM (
{% for file in files %}
    {% if not loop.first %}UNION ALL{% endif %}

    SELECT
        {{ loop.index }} AS file_number, record - {{ file.header_rows }} AS file_row
        {% for variable in names %}
        {% set at = file.positions.get(variable, []) %}
        {% set blanks = (missing.get(variable, []) + file.unanswered) if variable in questions else [] %}
        {% if not at %}
        , CAST(NULL AS VARCHAR) AS {{ variable | name }}
        {% elif at | length == 1 %}
        , {{ found(variable, "c" ~ at[0], blanks, file) }} AS {{ variable | name }}
        {% else %}
        , COALESCE({% for i in at %}{{ found(variable, "c" ~ i, blanks, file) }}{{ ", " if not loop.last }}{% endfor %}) AS {{ variable | name }}
        {% endif %}
        {% endfor %}
        {% if shown %}
        , (FALSE{% for cells in shown.values() %}{% for name in cells %}{% for i in file.positions.get(name, []) %} OR COALESCE({{ trimmed("c" ~ i) }} IN {{ texts(file.unanswered) }}, FALSE){% endfor %}{% endfor %}{% endfor %}) AS "tells who was shown"
        {% endif %}
        {% for column, cells in shown.items() %}
        {% set at = [] %}{% for name in cells %}{% for i in file.positions.get(name, []) %}{% set _ = at.append(i) %}{% endfor %}{% endfor %}
        , {% if at | length > 0 %}CAST(COALESCE({% for i in at %}{{ trimmed("c" ~ i) }}{{ ", " if not loop.last }}{% endfor %}) IS NOT NULL AS TINYINT){% else %}CAST(0 AS TINYINT){% endif %} AS {{ column | name }}
        {% endfor %}
    FROM (
        {{ records(file) }}
    ) AS records
    {% if file.dates and file.day_first is none %}
    CROSS JOIN (
        SELECT {{ some(file.dates, day, month) }} AS "days first", {{ some(file.dates, month, day) }} AS "days second"
        FROM (
            {{ records(file) }}
        )
        WHERE record > {{ file.header_rows }}
    ) AS dates
    {% endif %}
    WHERE record > {{ file.header_rows }}
{% endfor %}
)
