-- claims_at_risk: one row per wave and claim that an editor should look at.
SELECT
    wave,
    CASE
        WHEN verdict = 'contradicted' THEN 1
        WHEN direction = 'opposite' THEN 2
        WHEN verdict = 'not supported' THEN 3
        WHEN coherence <> '' THEN 4
        WHEN reproduction IN ('not reproduced', 'reproduced under another base') THEN 5
        WHEN status IN ('suppress', 'review') THEN 6
        ELSE 7
    END AS gravity,
    CASE
        WHEN verdict = 'contradicted' THEN 'the data contradict it'
        WHEN direction = 'opposite' THEN 'the data point the other way'
        WHEN verdict = 'not supported' THEN 'the data do not support it'
        WHEN coherence <> '' THEN coherence
        WHEN reproduction IN ('not reproduced', 'reproduced under another base') THEN 'its figure is ' || reproduction
        WHEN status IN ('suppress', 'review') THEN 'its figure may not simply be shown: ' || status_reason
        ELSE 'the data do not rule it out, and do not show it'
    END AS risk,
    claim, says, source, page, claimed,
    CASE WHEN status <> 'suppress' THEN observed END AS observed,
    CASE WHEN status <> 'suppress' THEN low END AS low,
    CASE WHEN status <> 'suppress' THEN high END AS high,
    verdict, reproduction, kinds, explanation, must_hold, status, status_reason, wording
FROM main.claims
WHERE
    verdict <> 'not checkable'
    AND (problem OR verdict = 'consistent' OR direction = 'opposite' OR status IN ('suppress', 'review'))
ORDER BY wave, gravity, claim
