-- responses: one row per delivered record, coded. A tick is 1 or 0, and NULL where nothing of its question is ticked.
{% import "macros.sql" as sql %}
WITH coded AS (
    SELECT
        d.*
        {% for variable, source in coded.items() %}
        , a{{ loop.index }}.code AS {{ ("code of " ~ variable) | name }}
        {% endfor %}
    FROM delivered AS d
    {% for variable, source in coded.items() %}
    LEFT JOIN answers AS a{{ loop.index }}
        ON a{{ loop.index }}.variable = {{ variable | value }} AND a{{ loop.index }}.answer = d.{{ source | name }}
    {% endfor %}
)
, moments AS (
    SELECT *, {{ sql.moment("started") }} AS started_at, {{ sql.moment("finished") }} AS finished_at
    FROM coded
)
SELECT
    wave,
    source_row,
    COALESCE(id, 'row-' || source_row) AS respondent_id,
    started_at,
    finished_at,
    COALESCE({{ sql.number("duration") }}, epoch(finished_at) - epoch(started_at)) AS duration_seconds,
    status,
    {{ sql.number("progress") }} AS progress_pct,
    {{ sql.number("recaptcha") }} AS recaptcha
    {% for v in variables %}
    {% if v.kind == "choice" %}
    , {% if v.name in coded %}{{ ("code of " ~ v.name) | name }}{% else %}NULL{% endif %} AS {{ v.name | name }}
    {% elif v.kind == "tick" %}
    , CASE WHEN FALSE
        {%- for tick in ticks[v.question] if tick in coded %} OR {{ ("code of " ~ tick) | name }} = '1'{% endfor %}

        THEN {% if v.name in coded %}COALESCE(CAST({{ ("code of " ~ v.name) | name }} AS TINYINT), 0){% else %}0{% endif %} END AS {{ v.name | name }}
    {% elif v.kind == "number" %}
    , {{ sql.number(v.name | name) }} AS {{ v.name | name }}
    {% else %}
    , CAST({{ v.name | name }} AS TINYINT) AS {{ v.name | name }}
    {% endif %}
    {% endfor %}
FROM moments
