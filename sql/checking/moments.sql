-- One row: of starts and finishes, how many are there and cannot be read, and how many have a first and a second part of
-- which none in the delivery tells which is the day.
SELECT
    COUNT(*) FILTER (WHERE d.started IS NOT NULL AND r.started_at IS NULL) AS "unread starts",
    COUNT(*) FILTER (WHERE d.finished IS NOT NULL AND r.finished_at IS NULL) AS "unread finishes",
    COUNT(*) FILTER (WHERE regexp_matches(COALESCE(d.started, d.finished), {{ parted | value }})) AS "dates in parts",
    COALESCE(BOOL_OR(regexp_matches(d.started, {{ told | value }}) OR regexp_matches(d.finished, {{ told | value }})), FALSE) AS "days told"
FROM delivered AS d
JOIN responses AS r USING (source_row)
