"""The one error that analysts see: what is wrong, where, what was expected, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SurveyError(Exception):
    """Something an analyst can mend: a study file, a delivery, a wrong use of a command.

    where: file, with line or column where known. what: one sentence. details: "expected", "found",
    "nearest", "do" and the like, printed one a line in the order given.
    """

    def __init__(self, where: str, what: str, **details: str | None) -> None:
        self.where = where
        self.what = what
        self.details = {key: value for key, value in details.items() if value}
        lines = [f"{where}: {what}" if where else what]
        lines += [f"  {key.replace('_', ' ')}: {value}" for key, value in self.details.items()]
        super().__init__("\n".join(lines))


class StudyFileError(SurveyError):
    """A study file that can't be used; holds every problem found, one paragraph each."""


class DeliveryError(SurveyError):
    """A delivery that can't be read as it stands."""


class NotBuiltError(SurveyError):
    """A table that is asked for before it was made from the present study file and delivery; no fault of the latter."""


class NoBaselineError(SurveyError):
    """A wave whose tiers are cut by a baseline wave that is not admitted."""


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name that looks most like the given one, or None where none is close."""
    lowered = {choice.casefold(): choice for choice in valid}
    close = difflib.get_close_matches(name.casefold(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def counted(number: int, what: str) -> str:
    """A number with its noun: "1 column", "2,000 columns"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def listed(names: Iterable[object], most: int = 12) -> str:
    """Names for an error line: "a, b, c", with "and 5 more" past `most`."""
    shown = [str(name) for name in names]
    rest = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {rest} more" if rest > 0 else "")
