-- top_ratios: one row per finding that may be shown and whose interval excludes 1.
SELECT
    wave, comparison, segment, level,
    RANK() OVER (
        PARTITION BY wave, comparison, segment, level
        ORDER BY CASE WHEN ratio >= 1 THEN ratio WHEN ratio > 0 THEN 1 / ratio ELSE CAST('infinity' AS DOUBLE) END DESC
    ) AS place,
    indicator, group_a, group_b, p_a, n_a, p_b, n_b, ratio, ratio_low, ratio_high, q_value, in_score,
    status, status_reason, wording, finding_id
FROM main.findings
WHERE status <> 'suppress' AND ratio IS NOT NULL AND (ratio_low > 1 OR ratio_high < 1)
ORDER BY wave, comparison, segment = 'all' DESC, segment, level, place, indicator
