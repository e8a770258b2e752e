-- toplines: one row per question, option and level of a segment that occurs among the analysed. n counts who
-- answered the question; numbers have one row, with mean, standard deviation and median.
{% macro sets(column) -%}
GROUPING SETS (({{ column }}){% for d in divisions %}, ({{ column }}{{ ", " if column }}{{ ("by " ~ d) | name }}){% endfor %}{% for f in flags %}, ({{ column }}{{ ", " if column }}{{ ("flag " ~ loop.index) | name }}){% endfor %})
{%- endmacro %}
{% macro place() -%}
CASE{% for d in divisions %} WHEN GROUPING({{ ("by " ~ d) | name }}) = 0 THEN {{ d | value }}{% endfor %}{% for f in flags %} WHEN GROUPING({{ ("flag " ~ loop.index) | name }}) = 0 THEN {{ f.segment | value }}{% endfor %} WHEN TRUE THEN 'all' END AS segment,
        CASE{% for d in divisions %} WHEN GROUPING({{ ("by " ~ d) | name }}) = 0 THEN {{ ("by " ~ d) | name }}{% endfor %}{% for f in flags %} WHEN GROUPING({{ ("flag " ~ loop.index) | name }}) = 0 THEN CASE WHEN {{ ("flag " ~ loop.index) | name }} = 1 THEN {{ f.level | value }} END{% endfor %} WHEN TRUE THEN 'all' END AS level
{%- endmacro %}
WITH analysed AS (
    SELECT
        r.*, p.weight
        {% for d in divisions %}, p.{{ d | name }} AS {{ ("by " ~ d) | name }}{% endfor %}
        {% for f in flags %}
        , {% if f.parts is none %}p.{{ f.column | name }}{% else %}CAST(p.{{ f.column | name }} IN ({% for part in f.parts %}{{ part | value }}{{ ", " if not loop.last }}{% endfor %}) AS TINYINT){% endif %} AS {{ ("flag " ~ loop.index) | name }}
        {% endfor %}
    FROM responses AS r
    JOIN respondents AS p USING (source_row)
    WHERE p.disposition = 'analysed'
)
, counted AS (
    {% for v in variables %}
    {% set column = v.name | name %}
    {% if v.kind == "choice" %}
    SELECT
        {{ v.ref | value }} AS question, {{ column }} AS option,
        {{ place() }},
        COUNT(*) AS x, CAST(NULL AS BIGINT) AS n, SUM(weight) AS w,
        CAST(NULL AS DOUBLE) AS mean, CAST(NULL AS DOUBLE) AS sd, CAST(NULL AS DOUBLE) AS median
    FROM analysed WHERE {{ column }} IS NOT NULL
    GROUP BY {{ sets(column) }}
    {% else %}
    SELECT
        {{ (v.question if v.kind == "tick" else v.ref) | value }}, {{ (v.part if v.kind == "tick" else "all") | value }},
        {{ place() }},
        {% if v.kind == "tick" %}CAST(SUM({{ column }}) AS BIGINT){% else %}COUNT(*){% endif %}, COUNT(*), SUM(weight),
        {% if v.kind == "number" %}AVG({{ column }}), STDDEV_SAMP({{ column }}), MEDIAN({{ column }}){% else %}NULL, NULL, NULL{% endif %}

    FROM analysed WHERE {{ column }} IS NOT NULL
    GROUP BY {{ sets("") }}
    {% endif %}
    {{ "UNION ALL" if not loop.last }}
    {% endfor %}
)
SELECT
    question, option, segment, level, CAST(x AS BIGINT) AS x,
    CAST(COALESCE(n, SUM(x) OVER (PARTITION BY question, segment, level)) AS BIGINT) AS n,
    CASE WHEN n IS NULL THEN SUM(w) OVER (PARTITION BY question, segment, level) ELSE w END AS weighted_base,
    mean, sd, median
FROM counted
WHERE level IS NOT NULL
