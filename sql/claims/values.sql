-- claims values: one row per analysed respondent, in the order of the export, with what claims look at: whether each
-- indicator holds, the four bases that it may have, whether each filter holds, and numbers.
{% import "macros.sql" as sql %}
SELECT
    source_row
    {% for i in indicators %}
    , CAST({{ sql.holds(i.when) }} AS TINYINT) AS {{ ("yes " ~ i.name) | name }}
    {% for rule in rules %}
    , CAST({{ sql.in_base(i.questions, rule) }} AS TINYINT) AS {{ (rule ~ " " ~ i.name) | name }}
    {% endfor %}
    {% endfor %}
    {% for name, condition in filters %}
    , CAST({{ sql.holds(condition) }} AS TINYINT) AS {{ ("filter " ~ name) | name }}
    {% endfor %}
    {% for name in numbers %}
    , CAST({{ name | name }} AS DOUBLE) AS {{ ("number " ~ name) | name }}
    {% endfor %}
FROM (
    SELECT answers.*
    FROM responses AS answers
    JOIN (SELECT source_row AS "its row" FROM respondents WHERE disposition = 'analysed') ON "its row" = answers.source_row
)
ORDER BY source_row
