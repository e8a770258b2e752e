-- tier_profile: one row per wave, tier and indicator, with everyone's share beside it.
SELECT
    s.wave, t.position, s.level AS tier,
    CASE WHEN t.status <> 'suppress' THEN t.share END AS tier_share,
    CASE WHEN t.status <> 'suppress' THEN t.mean_score END AS mean_score,
    s.indicator,
    CASE WHEN s.status <> 'suppress' THEN s.x END AS x,
    s.n,
    CASE WHEN s.status <> 'suppress' THEN s.share END AS share,
    CASE WHEN s.status <> 'suppress' THEN s.share_low END AS share_low,
    CASE WHEN s.status <> 'suppress' THEN s.share_high END AS share_high,
    CASE WHEN e.status <> 'suppress' THEN e.share END AS share_of_everyone,
    CASE WHEN s.status <> 'suppress' AND e.status <> 'suppress' AND e.share > 0 THEN 100 * s.share / e.share END
        AS index_to_everyone,
    s.status, s.status_reason
FROM main.shares AS s
JOIN main.tiers AS t ON t.wave = s.wave AND t.tier = s.level
LEFT JOIN main.shares AS e ON e.wave = s.wave AND e.indicator = s.indicator AND e.segment = 'all'
WHERE s.segment = 'tier'
ORDER BY s.wave, s.indicator, t.position
