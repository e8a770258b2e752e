"""What a spreadsheet makes of an option that looks like a date: "10-49" becomes "Oct-49", "1-5" becomes "5-Jan"."""

from __future__ import annotations

import re

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PAIR = re.compile(r"\s*([0-9]{1,2})\s*[-/]\s*([0-9]{1,4})\s*")
_DATE = re.compile(r"[0-9]{4}-([0-9]{2})-([0-9]{2})(?: 00:00(?::00)?)?")
_MONTH_YEAR = re.compile(r"\s*([0-9]{1,2})\s*[-/]\s*([0-9]{2}|[0-9]{4})\s*")


def spreadsheet_dates(text: str) -> set[str]:
    """The cells, evened out, that a spreadsheet may leave of an option; empty where it leaves it alone.

    "1-5" is read as a day and a month, either way round; a number over 31 as a year, so that "10-49" is October
    of 1949, or of 2049 in some. Both as shown in the sheet and as a full date; day and month are of the year in which
    the sheet was filled in, whichever it was (`without_year`).
    """
    found = _PAIR.fullmatch(text)
    if found is None:
        return set()
    first, second = int(found.group(1)), int(found.group(2))
    cells: set[str] = set()
    for month, day in ((first, second), (second, first)):
        if 1 <= month <= 12 and 1 <= day <= 31 and len(found.group(2)) <= 2:
            cells |= {f"{day}-{MONTHS[month - 1]}", f"{day:02d}-{MONTHS[month - 1]}", f"{MONTHS[month - 1]}-{day:02d}"}
            cells |= {f"{day:02d}.{MONTHS[month - 1]}", f"any year-{month:02d}-{day:02d}"}
    if 1 <= first <= 12 and (second > 31 or len(found.group(2)) == 4) and _MONTH_YEAR.fullmatch(text):
        years = {second} if second >= 1000 else {1900 + second, 2000 + second}
        cells |= {f"{MONTHS[first - 1]}-{second % 100:02d}", f"{second % 100:02d}-{MONTHS[first - 1]}"}
        for year in years:
            cells |= {f"{year}-{first:02d}-01", f"{year}-{first:02d}-01 00:00:00", f"{first}/1/{year}",
                      f"{first:02d}/01/{year}", f"01.{first:02d}.{year}"}  # fmt: skip
    return cells


def without_year(cell: str) -> str | None:
    """Month and day of a cell that is a full date, as `spreadsheet_dates` gives them for any year; else None."""
    found = _DATE.fullmatch(cell)
    return f"any year-{found.group(1)}-{found.group(2)}" if found else None
