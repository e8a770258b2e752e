-- responses: one row per delivered record, coded. A tick is 1 or 0, and NULL where nothing of its question
-- is ticked; an option that the wave did not offer is 0 and counts nowhere, as it is not available.
{% import "macros.sql" as sql %}
{% macro code(name) -%}
CASE{% for code, answers in known[name].codes.items() %} WHEN {{ name | name }} IN ({% for answer in answers %}{{ answer | value }}{{ ", " if not loop.last }}{% endfor %}) THEN {{ code | value }}{% endfor %} WHEN {{ name | name }} IS NOT NULL THEN {{ known[name].otherwise | value }} END
{%- endmacro %}
{# The option whose own column is ticked; none where several are. #}
{% macro one_of(name) -%}
{% set found = [] %}{% for key, ticked in hot[name].items() if ticked %}{% set _ = found.append((key, columns_of[name][key], ticked)) %}{% endfor %}
{% if not found %}CAST(NULL AS VARCHAR){% else %}CASE WHEN {% for key, column, ticked in found %}CAST(COALESCE({{ column | name }} IN {{ texts(ticked) }}, FALSE) AS INTEGER){{ " + " if not loop.last }}{% endfor %} = 1 THEN CASE{% for key, column, ticked in found %} WHEN {{ column | name }} IN {{ texts(ticked) }} THEN {{ key | value }}{% endfor %} END END{% endif %}
{%- endmacro %}
{% macro texts(several) -%}
({% for text in several %}{{ text | value }}{{ ", " if not loop.last }}{% endfor %})
{%- endmacro %}
WITH coded AS (
    SELECT
        wave, source_row, id, duration, status, progress, recaptcha, fraud_score, duplicate_score, ballot_box,
        {{ sql.moment("started") }} AS started_at, {{ sql.moment("finished") }} AS finished_at
        {% for v in variables %}
        {% if v.kind in ("number", "text") %}
        , {{ v.name | name }}
        {% elif v.name in hot %}
        , {{ one_of(v.name) }} AS {{ v.name | name }}
        {% elif v.name in known %}
        , {{ code(v.name) }} AS {{ v.name | name }}
        {% else %}
        , CAST(NULL AS VARCHAR) AS {{ v.name | name }}
        {% endif %}
        {% endfor %}
        {% for column in shown %}
        , {{ column | name }}
        {% endfor %}
        {% for question in joined %}
        , {{ question | name }} AS {{ ("cell of " ~ question) | name }}
        {% endfor %}
    FROM delivered
)
{% for question, names in joined.items() %}
, {{ ("ticks of " ~ question) | name }} AS (
    SELECT answer{% for name in names %}, MAX(CASE WHEN variable = {{ name | value }} THEN code END) AS {{ name | name }}{% endfor %}

    FROM answers WHERE source = {{ question | value }} AND variable <> source GROUP BY answer
)
{% endfor %}
{% if joined %}
, ticked AS (
    -- One file of a wave may join the ticks that another has in columns of their own.
    SELECT coded.* REPLACE (
        {% for question, names in joined.items() %}{% set outer = loop %}{% for name in names %}
        COALESCE({{ ("ticks of " ~ question) | name }}.{{ name | name }}, coded.{{ name | name }}) AS {{ name | name }}{{ "," if not (loop.last and outer.last) }}
        {% endfor %}{% endfor %}
    )
    FROM coded
    {% for question in joined %}
    LEFT JOIN {{ ("ticks of " ~ question) | name }} ON {{ ("ticks of " ~ question) | name }}.answer = {{ ("cell of " ~ question) | name }}
    {% endfor %}
)
{% endif %}
{% if ticks %}
, answered AS (
    SELECT
        *
        {% for question, names in ticks.items() %}
        , ({% for name in names %}{{ name | name }} = '1'{{ " OR " if not loop.last }}{% endfor %}) AS {{ ("any of " ~ question) | name }}
        {% endfor %}
    FROM {{ "ticked" if joined else "coded" }}
)
{% endif %}
SELECT
    wave,
    source_row,
    COALESCE(id, 'row-' || source_row) AS respondent_id,
    started_at,
    finished_at,
    COALESCE({{ sql.number("duration") }}, epoch(finished_at) - epoch(started_at)) AS duration_seconds,
    status,
    {{ sql.number("progress") }} AS progress_pct,
    {{ sql.number("recaptcha") }} AS recaptcha,
    {{ sql.number("fraud_score") }} AS fraud_score,
    {{ sql.number("duplicate_score") }} AS duplicate_score,
    CASE WHEN ballot_box IS NOT NULL THEN LOWER(ballot_box) IN ('true', '1', 'yes') END AS ballot_box
    {% for v in variables %}
    {% if v.kind == "choice" %}
    , {{ v.name | name }}
    {% elif v.kind == "tick" %}
    , CASE WHEN {{ ("any of " ~ v.question) | name }} THEN COALESCE(CAST({{ v.name | name }} AS TINYINT), 0) END AS {{ v.name | name }}
    {% elif v.kind == "number" %}
    , {{ sql.number(v.name | name) }} AS {{ v.name | name }}
    {% else %}
    , CAST({{ v.name | name }} AS TINYINT) AS {{ v.name | name }}
    {% endif %}
    {% endfor %}
    {% for column in shown %}
    , {{ column | name }}
    {% endfor %}
FROM {{ "answered" if ticks else "coded" }}
