-- recomputed_findings: the findings of a wave, comparison, indicator or segment (each NULL for all), worked out again
-- from core.cells. A finding's groups are the cells of core.group_cells, added up. The standard error of the log ratio:
-- z = w (y - p) / W is the linearised value of a respondent for the share of a group, 0 outside its base; summed over
-- sampling units (or, where respondents are the units, squared and summed, which the cells' sums of squares tell), its
-- variance within strata is that of the share, and the variance of the sum of both groups' values gives the covariance.
{% macro spread(total, squares) -%}
(1 - h.fraction) * CASE
        WHEN h.units > 1 THEN h.units / (h.units - 1.0) * GREATEST({{ squares }} - {{ total }} * {{ total }} / h.units, 0)
        WHEN h.fraction < 1 AND f.lonely_psu = 'adjust' THEN {{ squares }}
        ELSE 0
    END
{%- endmacro %}
{% macro told(variance) -%}
CASE
        WHEN d.lonely = 0 OR f.lonely_psu IN ('remove', 'certainty', 'adjust') THEN {{ variance }}
        WHEN f.lonely_psu = 'average' AND d.strata > d.lonely THEN {{ variance }} * d.strata / (d.strata - d.lonely)
    END
{%- endmacro %}
CREATE MACRO main.recomputed_findings(of_wave := NULL, of_comparison := NULL, of_indicator := NULL, of_segment := NULL)
AS TABLE
WITH
asked AS (
    SELECT
        f.finding_id, f.wave, f.indicator, f.comparison, f.segment, f.level,
        k.weighting, k.cells_weighting, k.weighted, k.variance, k.lonely_psu
    FROM main.findings AS f
    JOIN core.comparisons AS k ON k.comparison = f.comparison
    WHERE
        (of_wave IS NULL OR f.wave = of_wave)
        AND (of_comparison IS NULL OR f.comparison = of_comparison)
        AND (of_indicator IS NULL OR f.indicator = of_indicator)
        AND (of_segment IS NULL OR f.segment = of_segment)
),
parts AS MATERIALIZED (
    -- Sums of group a, of group b, and of those who are in both, by replicate (0: the weight itself) and place.
    SELECT
        f.finding_id, g.part, s.replicate, s.stratum, s.psu, s.margins,
        SUM(g.times * s.n_base) AS n_base,
        SUM(g.times * s.n_yes) AS n_yes,
        SUM(g.times * CASE WHEN f.weighted THEN s.w_base ELSE s.n_base END) AS w_base,
        SUM(g.times * CASE WHEN f.weighted THEN s.w_yes ELSE s.n_yes END) AS w_yes,
        SUM(g.times * CASE WHEN f.weighted THEN s.ww_base ELSE s.n_base END) AS ww_base,
        SUM(g.times * CASE WHEN f.weighted THEN s.ww_yes ELSE s.n_yes END) AS ww_yes
    FROM asked AS f
    JOIN core.group_cells AS g ON g.comparison = f.comparison AND g.segment = f.segment AND g.level = f.level
    JOIN core.cell_sums AS s
        ON s.wave = f.wave AND s.indicator = f.indicator AND s.weighting = f.cells_weighting
        AND s.segment = g.cell_segment AND s.level IS NOT DISTINCT FROM g.cell_level
        AND s.tier IS NOT DISTINCT FROM g.cell_tier
    WHERE
        (of_wave IS NULL OR s.wave = of_wave)
        AND (of_indicator IS NULL OR s.indicator = of_indicator)
        AND (s.replicate = 0 OR f.variance = 'delivered replicates')
    GROUP BY ALL
),
counts AS (
    SELECT
        f.finding_id,
        CAST(COALESCE(SUM(s.n_yes) FILTER (s.part = 'a'), 0) AS BIGINT) AS x_a,
        CAST(COALESCE(SUM(s.n_base) FILTER (s.part = 'a'), 0) AS BIGINT) AS n_a,
        COALESCE(SUM(s.w_yes) FILTER (s.part = 'a'), 0.0) AS w_yes_a,
        COALESCE(SUM(s.w_base) FILTER (s.part = 'a'), 0.0) AS w_base_a,
        CAST(COALESCE(SUM(s.n_yes) FILTER (s.part = 'b'), 0) AS BIGINT) AS x_b,
        CAST(COALESCE(SUM(s.n_base) FILTER (s.part = 'b'), 0) AS BIGINT) AS n_b,
        COALESCE(SUM(s.w_yes) FILTER (s.part = 'b'), 0.0) AS w_yes_b,
        COALESCE(SUM(s.w_base) FILTER (s.part = 'b'), 0.0) AS w_base_b,
        COALESCE(BOOL_OR(s.part = 'both'), FALSE) AS overlap
    FROM asked AS f
    LEFT JOIN parts AS s ON s.finding_id = f.finding_id AND s.replicate = 0
    GROUP BY f.finding_id
),
shares AS MATERIALIZED (
    -- 0 or 1 exactly where nobody or everybody says yes, up to the rounding of sums.
    SELECT
        *,
        CASE WHEN w_base_a > 0 THEN LEAST(GREATEST(w_yes_a / w_base_a, 0), 1) END AS p_a,
        CASE WHEN w_base_b > 0 THEN LEAST(GREATEST(w_yes_b / w_base_b, 0), 1) END AS p_b
    FROM counts
),
linearised AS (
    -- By place: totals of both groups' values; their squares, and their products over those in both groups.
    SELECT
        s.finding_id, s.stratum, s.psu, s.margins,
        COALESCE(SUM((s.w_yes - p.p_a * s.w_base) / p.w_base_a) FILTER (s.part = 'a'), 0) AS z_a,
        COALESCE(SUM((s.w_yes - p.p_b * s.w_base) / p.w_base_b) FILTER (s.part = 'b'), 0) AS z_b,
        COALESCE(SUM(((1 - 2 * p.p_a) * s.ww_yes + p.p_a * p.p_a * s.ww_base) / (p.w_base_a * p.w_base_a))
            FILTER (s.part = 'a'), 0) AS zz_a,
        COALESCE(SUM(((1 - 2 * p.p_b) * s.ww_yes + p.p_b * p.p_b * s.ww_base) / (p.w_base_b * p.w_base_b))
            FILTER (s.part = 'b'), 0) AS zz_b,
        COALESCE(SUM(((1 - p.p_a - p.p_b) * s.ww_yes + p.p_a * p.p_b * s.ww_base) / (p.w_base_a * p.w_base_b))
            FILTER (s.part = 'both'), 0) AS z_ab
        {% if raked %}
        ,
        COALESCE(SUM((s.n_yes - p.p_a * s.n_base) / p.w_base_a) FILTER (s.part = 'a'), 0) AS plain_a,
        COALESCE(SUM((s.n_yes - p.p_b * s.n_base) / p.w_base_b) FILTER (s.part = 'b'), 0) AS plain_b,
        COALESCE(SUM((s.ww_yes - p.p_a * s.ww_base) / p.w_base_a) FILTER (s.part = 'a'), 0) AS wz_a,
        COALESCE(SUM((s.ww_yes - p.p_b * s.ww_base) / p.w_base_b) FILTER (s.part = 'b'), 0) AS wz_b
        {% endif %}
    FROM parts AS s
    JOIN shares AS p ON p.finding_id = s.finding_id
    WHERE s.replicate = 0 AND p.w_base_a > 0 AND p.w_base_b > 0
    GROUP BY ALL
),
{% if raked %}
{% include "table_macros/raked.sql" %}
{% endif %}
units AS (
    SELECT
        finding_id, stratum, psu,
        SUM(z_a) AS z_a, SUM(z_b) AS z_b, SUM(zz_a) AS zz_a, SUM(zz_b) AS zz_b, SUM(z_ab) AS z_ab
    FROM {{ "residuals" if raked else "linearised" }}
    GROUP BY ALL
),
totals AS (
    SELECT
        finding_id, stratum, SUM(z_a) AS z_a, SUM(z_b) AS z_b,
        {% if units %}
        SUM(z_a * z_a) AS zz_a, SUM(z_b * z_b) AS zz_b, SUM((z_a + z_b) * (z_a + z_b)) AS zz_both
        {% else %}
        SUM(zz_a) AS zz_a, SUM(zz_b) AS zz_b, SUM(zz_a + zz_b + 2 * z_ab) AS zz_both
        {% endif %}
    FROM units
    GROUP BY ALL
),
spreads AS (
    SELECT
        f.finding_id,
        SUM({{ spread("t.z_a", "t.zz_a") }}) AS v_a,
        SUM({{ spread("t.z_b", "t.zz_b") }}) AS v_b,
        SUM({{ spread("(t.z_a + t.z_b)", "t.zz_both") }}) AS v_both
    FROM asked AS f
    JOIN totals AS t ON t.finding_id = f.finding_id
    JOIN core.strata AS h ON h.wave = f.wave AND h.weighting = f.weighting AND h.stratum = t.stratum
    GROUP BY f.finding_id
),
designs AS (
    SELECT
        wave, weighting, COUNT(*) AS strata, COUNT(*) FILTER (units = 1 AND fraction < 1) AS lonely,
        CAST(SUM(weighed) - COUNT(*) FILTER (weighed > 0) AS DOUBLE) AS df
    FROM core.strata
    GROUP BY ALL
),
{% if replicated %}
{% include "table_macros/replicated.sql" %}
{% endif %}
variances AS (
    SELECT f.finding_id, {{ told("v.v_a") }} AS v_a, {{ told("v.v_b") }} AS v_b, {{ told("v.v_both") }} AS v_both
    FROM asked AS f
    JOIN spreads AS v ON v.finding_id = f.finding_id
    JOIN designs AS d ON d.wave = f.wave AND d.weighting = f.weighting
    WHERE f.variance IN ('simple', 'linearised', 'raked')
    {% if replicated %}
    UNION ALL
    SELECT finding_id, v_a, v_b, v_both
    FROM replicated
    {% endif %}
),
covered AS (
    -- A standard error below 1e-10 of its share is rounding: all of the group's base in one unit.
    SELECT
        finding_id,
        CASE WHEN v_a <= 1e-20 * p_a * p_a THEN 0 ELSE v_a END AS v_a,
        CASE WHEN v_b <= 1e-20 * p_b * p_b THEN 0 ELSE v_b END AS v_b,
        CASE
            WHEN v_a <= 1e-20 * p_a * p_a OR v_b <= 1e-20 * p_b * p_b THEN 0
            ELSE (v_both - v_a - v_b) / 2
        END AS covariance
    FROM variances
    JOIN shares USING (finding_id)
),
errors AS (
    -- Less than 1e-13 of the largest term is what rounding leaves of groups that are the same.
    SELECT
        finding_id,
        CASE
            WHEN p_a > 0 AND p_b > 0
                AND v_a / (p_a * p_a) + v_b / (p_b * p_b) - 2 * covariance / (p_a * p_b)
                > 1e-13 * GREATEST(v_a / (p_a * p_a), v_b / (p_b * p_b), ABS(2 * covariance / (p_a * p_b)))
                THEN SQRT(v_a / (p_a * p_a) + v_b / (p_b * p_b) - 2 * covariance / (p_a * p_b))
        END AS linear
    FROM covered
    JOIN shares USING (finding_id)
),
found AS (
    SELECT
        f.finding_id, f.wave, f.indicator, f.comparison, f.segment, f.level,
        s.x_a, s.n_a, s.w_base_a AS weighted_base_a, s.p_a,
        s.x_b, s.n_b, s.w_base_b AS weighted_base_b, s.p_b,
        CASE
            WHEN s.p_b > 0 THEN s.p_a / s.p_b
            WHEN s.p_a > 0 AND s.p_b = 0 THEN CAST('infinity' AS DOUBLE)
        END AS ratio,
        s.p_a - s.p_b AS difference,
        CASE
            WHEN f.variance <> 'simple' OR s.overlap THEN e.linear
            WHEN s.x_a > 0 AND s.x_b > 0 AND (s.x_a < s.n_a OR s.x_b < s.n_b)
                THEN SQRT(1.0 / s.x_a - 1.0 / s.n_a + 1.0 / s.x_b - 1.0 / s.n_b)
        END AS se_log_ratio,
        CASE
            WHEN f.variance IN ('simple', 'linearised', 'raked') AND (f.variance <> 'simple' OR s.overlap) THEN d.df
        END AS df,
        CASE
            WHEN s.n_a = 0 OR s.n_b = 0 THEN 'nobody in the base of a group'
            WHEN s.p_a IS NULL OR s.p_b IS NULL THEN 'nobody in the base of a group has a weight'
            WHEN s.p_a = 0 OR s.p_b = 0 THEN 'a share is 0: no error of a log ratio'
            WHEN f.variance IN ('made replicates', 'raked replicates')
                THEN f.variance || ': the cells do not hold their factors'
            WHEN d.wave IS NULL AND f.variance <> 'simple' THEN 'the wave was published without its design: run it again'
            ELSE 'the design does not tell the error, or it is 0'
        END AS reason
    FROM asked AS f
    JOIN shares AS s ON s.finding_id = f.finding_id
    LEFT JOIN errors AS e ON e.finding_id = f.finding_id
    LEFT JOIN designs AS d ON d.wave = f.wave AND d.weighting = f.weighting
)
SELECT * REPLACE (CASE WHEN se_log_ratio IS NULL THEN reason ELSE '' END AS reason)
FROM found
ORDER BY finding_id
