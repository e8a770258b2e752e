-- The largest number of a record.
SELECT MAX(source_row) AS last FROM respondents
