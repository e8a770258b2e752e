"""Whether an estimate may be shown; travels beside it and never replaces it."""

from __future__ import annotations

from pipeline.study.analysis import Display

ORDER = ("show", "footnote", "review", "suppress")


def base_status(n: int, display: Display) -> tuple[str, str]:
    """(status, reason) of a share by its unweighted base."""
    if n < display.suppress_below:
        return "suppress", f"base {n} under {display.suppress_below}"
    if n < display.footnote_below:
        return "footnote", f"low base: {n} under {display.footnote_below}"
    return "show", ""


def worse(first: tuple[str, str], second: tuple[str, str]) -> tuple[str, str]:
    """The stricter of two statuses; where they are alike, both reasons."""
    if first[0] == second[0]:
        return first[0], "; ".join(dict.fromkeys(reason for _, reason in (first, second) if reason))
    return max(first, second, key=lambda status: ORDER.index(status[0]))
