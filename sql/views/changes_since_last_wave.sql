-- changes_since_last_wave: one row per figure and wave, against the published wave before.
SELECT
    t.wave_before, t.wave, t.measure, t.name, t.comparison, t.segment, t.level, t.value_before, t.value,
    t.change, t.change_low, t.change_high,
    COALESCE(t.comparable AND (
        t.change_low > CASE t.measure WHEN 'finding' THEN 1 ELSE 0 END
        OR t.change_high < CASE t.measure WHEN 'finding' THEN 1 ELSE 0 END
    ), FALSE) AS clear,
    t.q_value, t.comparable, t.reason, t.status, t.status_reason, t.wording
FROM main.trends AS t
WHERE
    t.status <> 'suppress'
    AND t.wave_before = (SELECT MAX(w.wave) FROM main.waves AS w WHERE w.published AND w.wave < t.wave)
ORDER BY t.wave, t.measure, t.name, t.comparison, t.segment = 'all' DESC, t.segment, t.level
