-- recomputed_finding: the row of recomputed_findings of one finding, by its finding_id.
CREATE MACRO main.recomputed_finding(id)
AS TABLE
SELECT *
FROM recomputed_findings(
    of_wave := SPLIT_PART(id, '/', 1),
    of_comparison := SPLIT_PART(id, '/', 2),
    of_indicator := SPLIT_PART(id, '/', 3)
)
WHERE finding_id = id
