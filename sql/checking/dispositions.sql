-- One row per disposition and tier: respondents.
SELECT disposition, tier, CAST(COUNT(*) AS BIGINT) AS n
FROM respondents
GROUP BY disposition, tier
ORDER BY disposition, tier
