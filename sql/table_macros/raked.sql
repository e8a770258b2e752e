-- Part of recomputed_findings for weights that are raked to margins. What the margins explain of a linearised value is
-- taken out of it: means by category, swept over the margins in turn, ten times, as R's svyrecvar does. Everyone's
-- cells are needed for that, not only the groups'.
everyone AS (
    SELECT
        wave, weighting, stratum, psu, margins,
        CAST(SUM(n) AS DOUBLE) AS n, SUM(w) AS w, SUM(ww) AS ww
    FROM core.cells
    WHERE segment = 'all' AND replicate = 0
    GROUP BY ALL
),
met AS (
    -- Margins that raking did not meet explain nothing: such weights are taken as fixed.
    SELECT m.wave, m.weighting, m.position, m.divisor, m.categories, COUNT(*) OVER (PARTITION BY m.wave, m.weighting) AS margins
    FROM core.margins AS m
    WHERE NOT EXISTS (
        SELECT 1
        FROM main.weighting AS g
        WHERE g.wave = m.wave AND g.weight = m.weighting AND ABS(g.gap) > 1e-6 AND g.margin <> 'all'
    )
),
plain AS (
    SELECT
        f.finding_id, f.wave, f.weighting, e.margins, SUM(e.n) AS n,
        COALESCE(SUM(z.plain_a), 0) AS plain_a, COALESCE(SUM(z.plain_b), 0) AS plain_b
    FROM asked AS f
    JOIN shares AS p ON p.finding_id = f.finding_id AND p.w_base_a > 0 AND p.w_base_b > 0
    JOIN everyone AS e ON e.wave = f.wave AND e.weighting = f.weighting
    LEFT JOIN linearised AS z
        ON z.finding_id = f.finding_id AND z.stratum = e.stratum AND z.psu = e.psu AND z.margins = e.margins
    WHERE f.variance = 'raked'
    GROUP BY ALL
),
swept AS (
    WITH RECURSIVE sweep AS (
        SELECT 0 AS step, *, CAST(0 AS DOUBLE) AS explained_a, CAST(0 AS DOUBLE) AS explained_b
        FROM plain
        UNION ALL
        SELECT
            s.step + 1, s.finding_id, s.wave, s.weighting, s.margins, s.n, s.plain_a, s.plain_b,
            s.explained_a + SUM(s.plain_a - s.n * s.explained_a) OVER category / GREATEST(SUM(s.n) OVER category, 1),
            s.explained_b + SUM(s.plain_b - s.n * s.explained_b) OVER category / GREATEST(SUM(s.n) OVER category, 1)
        FROM sweep AS s
        JOIN met AS m ON m.wave = s.wave AND m.weighting = s.weighting AND m.position = s.step % m.margins
        WHERE s.step < 10 * m.margins
        WINDOW category AS (PARTITION BY s.finding_id, s.margins // m.divisor % m.categories)
    )
    SELECT finding_id, margins, explained_a, explained_b
    FROM sweep
    QUALIFY step = MAX(step) OVER (PARTITION BY finding_id)
),
residuals AS (
    SELECT
        f.finding_id, e.stratum, e.psu,
        COALESCE(z.z_a, 0) - e.w * x.explained_a AS z_a,
        COALESCE(z.z_b, 0) - e.w * x.explained_b AS z_b,
        COALESCE(z.zz_a, 0) - 2 * x.explained_a * COALESCE(z.wz_a, 0) + x.explained_a * x.explained_a * e.ww AS zz_a,
        COALESCE(z.zz_b, 0) - 2 * x.explained_b * COALESCE(z.wz_b, 0) + x.explained_b * x.explained_b * e.ww AS zz_b,
        COALESCE(z.z_ab, 0) - x.explained_a * COALESCE(z.wz_b, 0) - x.explained_b * COALESCE(z.wz_a, 0)
        + x.explained_a * x.explained_b * e.ww AS z_ab
    FROM asked AS f
    JOIN everyone AS e ON e.wave = f.wave AND e.weighting = f.weighting
    JOIN swept AS x ON x.finding_id = f.finding_id AND x.margins = e.margins
    LEFT JOIN linearised AS z
        ON z.finding_id = f.finding_id AND z.stratum = e.stratum AND z.psu = e.psu AND z.margins = e.margins
    UNION ALL
    SELECT z.finding_id, z.stratum, z.psu, z.z_a, z.z_b, z.zz_a, z.zz_b, z.z_ab
    FROM linearised AS z
    JOIN asked AS f ON f.finding_id = z.finding_id
    WHERE f.variance <> 'raked'
),
