-- One row per band of the score, five points wide (100 belongs to the last), and tier: analysed respondents in both.
-- Sums are ordered, so that they are the same to the last digit however many threads there are.
WITH scored AS (
    SELECT
        wave, source_row, LEAST(FLOOR(score / 5) * 5, 95) AS band_low,
        COALESCE(tier, {{ without | value }}) AS tier, weight
    FROM respondents
    WHERE disposition = 'analysed' AND score IS NOT NULL AND weight > 0
)
SELECT
    wave, band_low, band_low + 5 AS band_high, tier, COUNT(*) AS n, SUM(weight ORDER BY source_row) AS weighted_base,
    SUM(weight ORDER BY source_row) / (SELECT SUM(weight ORDER BY source_row) FROM scored) AS share
FROM scored
GROUP BY wave, band_low, tier
ORDER BY band_low, tier
