"""All published waves of a study side by side: how good each is, and how shares moved."""

from __future__ import annotations

from typing import Any

from pipeline.publish.markdown import markdown_table
from pipeline.publish.pictures.trends import trends_markdown
from pipeline.reading import rows_of
from pipeline.settings import Home

QUALITY = """
SELECT
    w.wave, w.status, w.delivered, w.analysed, 1 - w.analysed / w.delivered AS taken_out_share,
    (SELECT COUNT(*) FROM quality_checks AS q WHERE q.wave = w.wave AND NOT q.passed) AS checks_failed,
    (SELECT SUM(CAST(status = 'suppress' AS INTEGER)) FROM findings AS f WHERE f.wave = w.wave) AS suppressed,
    (SELECT COUNT(*) FROM findings AS f WHERE f.wave = w.wave) AS findings,
    s.mean, r.alpha, t.tier, t.share
FROM waves AS w
LEFT JOIN score_means AS s ON s.wave = w.wave AND s.dimension = 'all' AND s.segment = 'all'
LEFT JOIN reliability AS r ON r.wave = w.wave AND r.dimension = 'all' AND r.item = ''
LEFT JOIN (SELECT * FROM tiers WHERE status <> 'suppress'
           QUALIFY position = MAX(position) OVER (PARTITION BY wave)) AS t ON t.wave = w.wave
ORDER BY w.wave
"""
SHARES = """
SELECT wave, 'tier: ' || tier AS name, share, share_low AS low, share_high AS high, 0 AS part, position
FROM tiers WHERE status <> 'suppress' AND position > 0 AND share IS NOT NULL
UNION ALL
SELECT wave, indicator, share, share_low, share_high, 1, 0
FROM shares WHERE status <> 'suppress' AND segment = 'all' AND share IS NOT NULL
ORDER BY part, position DESC, name, wave
"""
BREAKS = """
SELECT CASE measure WHEN 'tier' THEN 'tier: ' || name ELSE name END AS name, wave_before, wave
FROM trends WHERE measure IN ('tier', 'indicator') AND segment = 'all' AND NOT comparable
"""
HEAD = ("wave", "verdict", "delivered", "analysed", "taken out", "checks failed", "findings suppressed", "mean score",
        "alpha", "highest tier")  # fmt: skip


def quality_by_wave(home: Home, study: str) -> str:
    """A row a wave, as a Markdown table: records, checks, suppressed findings, score, reliability, highest tier."""
    return markdown_table(HEAD, map(_row, rows_of(home, study, QUALITY)[1]))


def _row(w: dict[str, Any]) -> tuple[Any, ...]:
    if w["analysed"] is None:
        return (w["wave"], w["status"], *[""] * 8)
    return (
        w["wave"], w["status"], f"{w['delivered']:,}", f"{w['analysed']:,}", _percent(w["taken_out_share"]),
        w["checks_failed"], f"{w['suppressed'] or 0:,} of {w['findings']:,}",
        "" if w["mean"] is None else f"{w['mean']:.1f}",
        "" if w["alpha"] is None else f"{w['alpha']:.2f}", f"{w['tier']} {_percent(w['share'])}" if w["tier"] else "",
    )  # fmt: skip


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}%"


def trend_picture(home: Home, study: str, synthetic: bool) -> str:
    """Tiers and indicators from wave to wave as an image in Markdown; "" with fewer than two waves."""
    shares, broken = rows_of(home, study, SHARES)[1], rows_of(home, study, BREAKS)[1]
    return trends_markdown(shares, {(b["name"], b["wave_before"], b["wave"]) for b in broken}, synthetic)
