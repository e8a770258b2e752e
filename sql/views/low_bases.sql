-- low_bases: one row per figure whose status reason is its base.
SELECT *
FROM (
    SELECT
        'findings' AS table_name, wave, indicator AS name, comparison, segment, level,
        LEAST(n_a, n_b) AS n, status, status_reason
    FROM main.findings
    UNION ALL
    SELECT 'shares', wave, indicator, '', segment, level, n, status, status_reason
    FROM main.shares
    UNION ALL
    SELECT 'toplines', wave, question || ' ' || option, '', segment, level, n, status, status_reason
    FROM main.toplines
    UNION ALL
    SELECT 'tiers', wave, tier, '', 'all', 'all', n, status, status_reason
    FROM main.tiers
) AS figures
WHERE status <> 'show' AND CONTAINS(status_reason, 'base')
ORDER BY wave, n, table_name, name, comparison, segment, level
