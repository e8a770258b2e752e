"""Numbers and moments of typed formats as text, alike in all of them."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, time, timedelta
from decimal import Decimal


def number(value: float) -> str:
    """A number in plain digits, to the 15 that a spreadsheet or SPSS keeps: "3", "0.1", "1000000"."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    if value != value or abs(value) == float("inf"):
        return str(value)
    return format(Decimal(format(value, ".15g")), "f")


def moment(value: datetime) -> str:
    """ "2024-05-01", or with the time where it is not midnight."""
    with suppress(OverflowError):
        value += timedelta(microseconds=500_000)  # sheets keep fractions of a day, which are off by some microseconds
    whole = value.replace(microsecond=0, tzinfo=None)
    return whole.date().isoformat() if whole.time() == time() else whole.isoformat(" ")


def duration(value: timedelta) -> str:
    """ "30:15:00" of hours, minutes, seconds."""
    seconds = round(value.total_seconds())
    minutes, hours = divmod(abs(seconds), 3600)[1] // 60, abs(seconds) // 3600
    return f"{'-' if seconds < 0 else ''}{hours:02d}:{minutes:02d}:{abs(seconds) % 60:02d}"
