-- One row per column and distinct answer among the first records: how often it stands there and where it first does.
-- Of a column with very many answers only the commonest; `answers` counts them all.
SELECT source, answer, n, first_row, answers, filled
FROM (
    SELECT
        source, answer, n, first_row,
        COUNT(*) OVER (PARTITION BY source) AS answers,
        SUM(n) OVER (PARTITION BY source) AS filled,
        row_number() OVER (PARTITION BY source ORDER BY n DESC, first_row) AS place
    FROM (
        SELECT source, answer, CAST(COUNT(*) AS BIGINT) AS n, MIN(source_row) AS first_row
        FROM (
            UNPIVOT (
                SELECT source_row{% for column in columns %}, {{ column | name }}{% endfor %} FROM delivered WHERE source_row <= {{ most_rows | value }}
            ) ON {% for column in columns %}{{ column | name }}{{ ", " if not loop.last }}{% endfor %} INTO NAME source VALUE answer
        )
        GROUP BY source, answer
    )
)
WHERE place <= {{ most_answers | value }}
ORDER BY source, first_row
