-- Part of recomputed_findings for delivered replicate weights: the spread of both shares over the replicates. A
-- replicate in which a group has nobody left is left out, the others counting for it; a jackknife needs all.
{% macro share(group) -%}
CASE
            WHEN SUM(w_base) FILTER (part = '{{ group }}') > 0
                THEN LEAST(GREATEST(SUM(w_yes) FILTER (part = '{{ group }}') / SUM(w_base) FILTER (part = '{{ group }}'), 0), 1)
        END
{%- endmacro %}
repeated AS (
    SELECT finding_id, replicate, {{ share("a") }} AS p_a, {{ share("b") }} AS p_b
    FROM parts
    WHERE replicate > 0
    GROUP BY ALL
),
deviations AS (
    SELECT
        f.finding_id, k.scale, k.rscale, k.every_one_needed,
        COUNT(*) OVER of_finding AS replicates,
        COUNT(r.p_a + r.p_b) OVER of_finding AS present,
        r.p_a - CASE WHEN k.mse THEN p.p_a ELSE AVG(r.p_a) FILTER (r.p_b IS NOT NULL) OVER of_finding END AS d_a,
        r.p_b - CASE WHEN k.mse THEN p.p_b ELSE AVG(r.p_b) FILTER (r.p_a IS NOT NULL) OVER of_finding END AS d_b
    FROM asked AS f
    JOIN shares AS p ON p.finding_id = f.finding_id AND p.w_base_a > 0 AND p.w_base_b > 0
    JOIN core.replicate_scales AS k ON k.weighting = f.weighting AND k.rscale > 0
    LEFT JOIN repeated AS r ON r.finding_id = f.finding_id AND r.replicate = k.replicate
    WHERE f.variance = 'delivered replicates'
    WINDOW of_finding AS (PARTITION BY f.finding_id)
),
sums_of_squares AS (
    SELECT
        finding_id,
        CASE
            WHEN MIN(present) >= 2 AND (MIN(present) = MIN(replicates) OR NOT BOOL_OR(every_one_needed))
                THEN MIN(scale) * MIN(replicates) / MIN(present)
        END AS factor,
        COALESCE(SUM(rscale * d_a * d_a) FILTER (d_b IS NOT NULL), 0) AS aa,
        COALESCE(SUM(rscale * d_b * d_b) FILTER (d_a IS NOT NULL), 0) AS bb,
        COALESCE(SUM(rscale * (d_a + d_b) * (d_a + d_b)), 0) AS both_together
    FROM deviations
    GROUP BY finding_id
),
replicated AS (
    SELECT finding_id, factor * aa AS v_a, factor * bb AS v_b, factor * both_together AS v_both
    FROM sums_of_squares
),
