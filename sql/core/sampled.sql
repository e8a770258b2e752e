-- One row per analysed respondent with what tells its sampling unit and weights, as delivered or answered: text for
-- stratum, unit and margins, numbers for the rest. `pipeline/weighting` makes table `weights` of it.
{% import "macros.sql" as sql %}
SELECT
    s.source_row
    {% for ours, (source, column) in texts.items() %}
    , CAST({{ source }}.{{ column | name }} AS VARCHAR) AS {{ ours | name }}
    {% endfor %}
    {% for ours in numbers %}
    , {{ sql.number("d." ~ (ours | name)) }} AS {{ ours | name }}
    {% endfor %}
FROM screening AS s
JOIN responses AS r ON r.source_row = s.source_row
JOIN delivered AS d ON d.source_row = s.source_row
WHERE s.disposition = 'analysed'
ORDER BY s.source_row
