-- toplines: counts of every answer in each level of every segment, of the analysed. One row per variable, answer
-- and level that occur; numbers have one row, with mean, standard deviation and median.
-- Names with a space are this file's own: no question can be called so.
{% macro sets(columns) -%}
GROUPING SETS (({{ columns }}){% for d in divisions %}, ({{ columns }}, {{ ("by " ~ d) | name }}){% endfor %}{% for f in flags %}, ({{ columns }}, {{ ("flag " ~ loop.index) | name }}){% endfor %})
{%- endmacro %}
{% macro place() -%}
CASE{% for d in divisions %} WHEN GROUPING({{ ("by " ~ d) | name }}) = 0 THEN {{ d | value }}{% endfor %}{% for f in flags %} WHEN GROUPING({{ ("flag " ~ loop.index) | name }}) = 0 THEN {{ f.segment | value }}{% endfor %} WHEN TRUE THEN 'all' END AS segment,
        CASE{% for d in divisions %} WHEN GROUPING({{ ("by " ~ d) | name }}) = 0 THEN {{ ("by " ~ d) | name }}{% endfor %}{% for f in flags %} WHEN GROUPING({{ ("flag " ~ loop.index) | name }}) = 0 THEN CASE WHEN {{ ("flag " ~ loop.index) | name }} = 1 THEN {{ f.level | value }} END{% endfor %} WHEN TRUE THEN 'all' END AS level
{%- endmacro %}
{% macro keys() -%}
p.weight AS "its weight"
        {%- for d in divisions %}, p.{{ d | name }} AS {{ ("by " ~ d) | name }}{% endfor %}
        {%- for f in flags %}, {% if f.parts is none %}p.{{ f.column | name }}{% else %}CAST(p.{{ f.column | name }} IN ({% for part in f.parts %}{{ part | value }}{{ ", " if not loop.last }}{% endfor %}) AS TINYINT){% endif %} AS {{ ("flag " ~ loop.index) | name }}{% endfor %}
{%- endmacro %}
WITH counted AS (
    {% if coded %}
    SELECT
        "its variable" AS variable, "its code" AS code,
        {{ place() }},
        COUNT(*) AS x, SUM("its weight") AS w,
        CAST(NULL AS DOUBLE) AS mean, CAST(NULL AS DOUBLE) AS sd, CAST(NULL AS DOUBLE) AS median
    FROM (
        UNPIVOT (
            SELECT {{ keys() }}
                {% for column in coded %}, CAST(r.{{ column | name }} AS VARCHAR) AS {{ column | name }}{% endfor %}

            FROM responses AS r JOIN respondents AS p ON p.source_row = r.source_row
            WHERE p.disposition = 'analysed'
        ) ON {% for column in coded %}{{ column | name }}{{ ", " if not loop.last }}{% endfor %} INTO NAME "its variable" VALUE "its code"
    )
    GROUP BY {{ sets('"its variable", "its code"') }}
    {% endif %}
    {% for column in numbers %}
    {{ "UNION ALL" if coded or not loop.first }}
    SELECT
        {{ column | value }} AS variable, code,
        {{ place() }},
        COUNT(*) AS x, SUM("its weight") AS w,
        AVG(number) AS mean, STDDEV_SAMP(number) AS sd, MEDIAN(number) AS median
    FROM (
        SELECT {{ keys() }}, r.{{ column | name }} AS number, '' AS code
        FROM responses AS r JOIN respondents AS p ON p.source_row = r.source_row
        WHERE p.disposition = 'analysed' AND r.{{ column | name }} IS NOT NULL
    )
    GROUP BY {{ sets("code") }}
    {% endfor %}
    {% if not coded and not numbers %}
    SELECT '' AS variable, '' AS code, 'all' AS segment, 'all' AS level, 0 AS x, 0 AS w, NULL AS mean, NULL AS sd, NULL AS median WHERE FALSE
    {% endif %}
)
SELECT variable, code, segment, level, CAST(x AS BIGINT) AS x, CAST(w AS DOUBLE) AS w, mean, sd, median
FROM counted
WHERE level IS NOT NULL
ORDER BY variable, segment, level, code
