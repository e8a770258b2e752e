{# Conditions of the study file as SQL: true or false of each respondent, never unknown. #}
{% macro holds(c) -%}
{%- if c.kind == "all" -%}({% for part in c.of %}{{ holds(part) }}{{ " AND " if not loop.last }}{% endfor %})
{%- elif c.kind == "any" -%}({% for part in c.of %}{{ holds(part) }}{{ " OR " if not loop.last }}{% endfor %})
{%- elif c.kind == "not" -%}(NOT {{ holds(c.of) }})
{%- elif c.kind == "one_of" -%}COALESCE({{ c.column | name }} IN ({% for code in c.codes %}{{ code | value }}{{ ", " if not loop.last }}{% endfor %}), FALSE)
{%- elif c.kind == "any_tick" -%}({% for column in c.columns %}COALESCE({{ column | name }} = 1, FALSE){{ " OR " if not loop.last }}{% endfor %})
{%- elif c.kind == "within" -%}COALESCE({% for sign, limit in c.limits %}{{ c.column | name }} {{ sign }} {{ limit | value }}{{ " AND " if not loop.last }}{% endfor %}, FALSE)
{%- elif c.kind == "has_answer" -%}({{ c.column | name }} IS {{ "NOT " if c.answered }}NULL)
{%- endif -%}
{%- endmacro %}

{# Whether a respondent is in the base of a rule: everyone, asked, answered or substantive. #}
{% macro in_base(questions, rule) -%}
{%- for q in questions -%}
{%- if rule == "everyone" -%}TRUE
{%- elif rule == "asked" -%}{% if q.asked_if is none %}TRUE{% else %}{{ holds(q.asked_if) }}{% endif %}
{%- else -%}{{ q.answered | name }} IS NOT NULL{% if rule == "substantive" and q.no_content is not none %} AND NOT {{ holds(q.no_content) }}{% endif %}
{%- endif -%}{{ " AND " if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{# A number as people write it: 1200, 1,200.50, $1,200, 12%. Anything else is NULL, 0,852 too: no group follows a 0. #}
{% macro number(text) -%}
CASE WHEN regexp_full_match(TRIM({{ text }}), '[$€£]?\s?[-+]?([1-9][0-9]{0,2}(,[0-9]{3})+|[0-9]+)?(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?\s?%?')
      AND isfinite({{ plain_number(text) }}) THEN {{ plain_number(text) }} END
{%- endmacro %}
{% macro plain_number(text) -%}
TRY_CAST(regexp_replace({{ text }}, '[$€£%,\s]', '', 'g') AS DOUBLE)
{%- endmacro %}

{# A moment as survey platforms write it, the serial day numbers of spreadsheets among them. A zone is passed over: #}
{# what stands is the clock of the place. Years of two digits come first, as %Y would read 21 as the year 21. #}
{% macro moment(text) -%}
CASE
    WHEN regexp_matches({{ text }}, '^\s*[0-9]{4}[-/].*\s[AaPp][Mm]\b')
    THEN TRY_STRPTIME(replace(regexp_replace(TRIM({{ text }}), '([AaPp][Mm])\b.*$', '\1'), '/', '-'), ['%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p'])
    WHEN regexp_matches({{ text }}, '^\s*[0-9]{4}[-/]') THEN TRY_CAST({{ text }} AS TIMESTAMP)
    WHEN regexp_matches({{ text }}, '^\s*[0-9]{1,2}[./]') THEN TRY_STRPTIME(TRIM({{ text }}), [
        {%- for day in ["%m/%d/%y", "%m/%d/%Y", "%d.%m.%y", "%d.%m.%Y"] %}{% for time in [" %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", ""] -%}
        '{{ day ~ time }}'{{ ", " if not loop.last }}{% endfor %}{{ ", " if not loop.last }}{% endfor %}])
    WHEN TRY_CAST({{ text }} AS DOUBLE) BETWEEN 20000 AND 80000
    THEN TIMESTAMP '1899-12-30' + to_seconds(CAST(ROUND(TRY_CAST({{ text }} AS DOUBLE) * 86400) AS BIGINT))
END
{%- endmacro %}

{# The level of a segment without overlap; don't know, refused and no answer have none. #}
{% macro level_of(s) -%}
{%- if s.bands -%}CASE{% for band in s.bands %} WHEN {% if band.at_least is not none %}{{ s.source | name }} >= {{ band.at_least | value }}{% endif %}{{ " AND " if band.at_least is not none and band.below is not none }}{% if band.below is not none %}{{ s.source | name }} < {{ band.below | value }}{% endif %} THEN {{ band.level | value }}{% endfor %} END
{%- else -%}CASE WHEN {{ s.source | name }} IN ({% for level in s.levels %}{{ level | value }}{{ ", " if not loop.last }}{% endfor %}) THEN {{ s.source | name }} END
{%- endif -%}
{%- endmacro %}

{# Of the questions that count for completeness, those that a respondent answered, and those that they were asked. #}
{# In brackets of 200, as DuckDB refuses sums of 1,000. #}
{% macro answered(items) -%}
(0{% for some in items | batch(200) %} + (0{% for item in some %} + {% if item.asked is not none %}CASE WHEN {{ holds(item.asked) }} THEN {% endif %}(0{% for columns in item.columns | batch(200) %} + (0{% for column in columns %} + CAST({{ column | name }} IS NOT NULL AS INTEGER){% endfor %}){% endfor %}){% if item.asked is not none %} ELSE 0 END{% endif %}{% endfor %}){% endfor %})
{%- endmacro %}
{% macro asked(items) -%}
(0{% for some in items | batch(200) %} + (0{% for item in some %} + {% if item.asked is none %}{{ item.columns | length }}{% else %}CASE WHEN {{ holds(item.asked) }} THEN {{ item.columns | length }} ELSE 0 END{% endif %}{% endfor %}){% endfor %})
{%- endmacro %}

{# What the answers of a respondent are known by; those who gave none have a value each of their own. #}
{% macro vector(columns) -%}
CASE WHEN COALESCE({% for column in columns %}CAST({{ column | name }} AS VARCHAR){{ ", " if not loop.last }}{% endfor %}) IS NOT NULL
     THEN md5(CAST(row({% for column in columns %}{{ column | name }}{{ ", " if not loop.last }}{% endfor %}) AS VARCHAR)) ELSE CAST(source_row AS VARCHAR) END
{%- endmacro %}
