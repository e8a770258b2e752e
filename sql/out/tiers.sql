-- One row per tier that occurs among the analysed (NULL: none), with its mean score and its cut. Sums are ordered, so
-- that they are the same to the last digit in whatever order respondents stand.
SELECT
    p.tier,
    SUM(p.weight * p.score ORDER BY p.source_row)
    / NULLIF(SUM(CASE WHEN p.score IS NOT NULL THEN p.weight END ORDER BY p.source_row), 0) AS mean_score,
    (SELECT MIN(cut) FROM tier_cuts AS c WHERE c.tier = p.tier AND c.level = 'all') AS cut
FROM respondents AS p
WHERE p.disposition = 'analysed'
GROUP BY p.tier
