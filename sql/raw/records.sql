-- One row: how many records the delivery has.
SELECT CAST(COUNT(*) AS BIGINT) AS n FROM delivered
