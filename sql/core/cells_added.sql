-- cells: those of disjoint sets of respondents (view `parts`), added up.
SELECT {% for key in keys %}{{ key | name }}, {% endfor %}SUM(COLUMNS(* EXCLUDE ({{ keys | map("name") | join(", ") }})))
FROM parts
GROUP BY {{ keys | map("name") | join(", ") }}
ORDER BY weighting, segment, level, tier, stratum, psu, margins, replicate
