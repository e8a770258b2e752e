-- Analysed respondents with the band of their score in place of the tier: the largest whole point, or published cut,
-- that the score reaches. Tiers by any whole points and published cuts follow from the bands.
SELECT
    p.* EXCLUDE (tier),
    CAST(GREATEST(FLOOR(p.score){% for cut in cuts %}, CASE WHEN p.score >= {{ cut | value }} THEN {{ cut | value }} END{% endfor %}) AS VARCHAR) AS tier
FROM respondents AS p
WHERE p.disposition = 'analysed'
