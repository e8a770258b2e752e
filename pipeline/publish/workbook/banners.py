"""The sheet of banner tables and the list that leads to them."""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter.worksheet import Worksheet

from pipeline.errors import SurveyError
from pipeline.publish.workbook.blocks import ALL, BASES, FIGURES, Block, Place, blocks, flattened, low, places
from pipeline.publish.workbook.sheets import (
    BACK,
    HEAD,
    HEIGHT,
    LINE,
    MOST_COLUMNS,
    MOST_ROWS,
    PAGE_HEIGHT,
    Book,
    begin,
    break_columns,
    high,
    link,
    put,
    sheet_name,
)  # fmt: skip
from pipeline.publish.workbook.table import lines_of

FIRST = 1
"""Column of the total; the answers stand before it. Each column of the banner takes two: share, and letters."""
LABEL, SHARE, LETTERS = 40, 6.2, 5.2
"""Widths, in characters."""
FIXED = FIRST + 2
"""Columns that stay in sight."""
BASE_WIDTH = LABEL + SHARE + LETTERS
TITLE_WIDTH = BASE_WIDTH - 4
"""What they hold of a text: bold letters take more room."""
TOP = HEAD + 3
"""First row of the first block, under segment, level and letter."""
MARKS = {"footnote": "", "review": "†"}


def write_banners(book: Book) -> None:
    """Both sheets. Raises SurveyError where a worksheet cannot hold the columns or rows."""
    groups, found = places(book), blocks(book, TOP)
    columns = FIRST + 2 * len(flattened(groups))
    rows = found[-1].top + found[-1].lines if found else TOP
    if columns > MOST_COLUMNS or rows > MOST_ROWS:
        raise SurveyError("", f"the tables need {rows:,} rows and {columns:,} columns of a worksheet",
                          expected=f"at most {MOST_ROWS:,} and {MOST_COLUMNS:,}",
                          do="take the questions from table `toplines` instead")  # fmt: skip
    book.written["list"] = (sheet_name(book, "list"), len(found))
    book.written["tables"] = (sheet_name(book, "tables"), len(found))
    _write_list(book, found)
    sheet = begin(book, "tables", [LABEL, *[SHARE, LETTERS] * len(flattened(groups))])
    link(book, sheet, BACK, 0, "list", book.words.say("texts", "to_list"))
    _write_head(book, sheet, groups)
    for block in found:
        _write_block(book, sheet, block, groups)
    sheet.freeze_panes(TOP, FIXED)
    _paged(sheet, groups, found)


def _write_list(book: Book, found: Sequence[Block]) -> None:
    widths = [6, 100, 14]
    sheet = begin(book, "list", widths)
    for column, (heading, look) in enumerate((("number", "head"), ("question", "head"), ("respondents", "head"))):
        numeric = ("right",) if heading != "question" else ()
        put(book, sheet, HEAD, column, book.words.say("columns", heading), "text", look, *numeric)
    for at, block in enumerate(found, start=HEAD + 1):
        link(book, sheet, at, 0, "tables", str(block.number), block.top)
        put(book, sheet, at, 1, block.title, "text", "line_below")
        whole = block.figure(Place(ALL, ALL, "", ""))
        put(book, sheet, at, 2, whole["n"] if whole else None, "count", "line_below")
        high(sheet, at, lines_of(block.title, widths[1]))
    sheet.freeze_panes(HEAD + 1, 0)
    sheet.repeat_rows(HEAD)


def _write_head(book: Book, sheet: Worksheet, groups: Sequence[Sequence[Place]]) -> None:
    """Three rows: segment, level, letter."""
    for at in range(3):
        put(book, sheet, HEAD + at, 0, None, "text", *(("head",) if at == 2 else ("head", "plain")))
    column, tallest = FIRST, 1
    for group in groups:
        segment = group[0].segment
        text = "" if segment == ALL else book.names.segment(segment)
        _merged(book, sheet, HEAD, column, 2 * len(group), text, "group", "edge")
        for at, place in enumerate(group):
            edge = ("edge",) if at == 0 else ()
            _merged(book, sheet, HEAD + 1, column, 2, place.label, "head", "plain", "center", "small", *edge)
            _merged(book, sheet, HEAD + 2, column, 2, place.letter, "head", "center", *edge)
            tallest = max(tallest, lines_of(place.label, SHARE + LETTERS - 1.5))
            column += 2
    sheet.set_row(HEAD, LINE + 4)
    sheet.set_row(HEAD + 1, min(LINE * tallest + 3, 120))


def _merged(book: Book, sheet: Worksheet, row: int, column: int, width: int, text: str, *looks: str) -> None:
    sheet.merge_range(row, column, row, column + width - 1, "", book.style("text", *looks))
    put(book, sheet, row, column, text, "text", *looks)


def titled(block: Block) -> str:
    return f"{block.number}. {block.title}"


def _write_block(book: Book, sheet: Worksheet, block: Block, groups: Sequence[Sequence[Place]]) -> None:
    """Question, base, a row for each answer or figure, the bases."""
    top, all_places = block.top, flattened(groups)
    edges = [at == 0 for group in groups for at in range(len(group))]
    for column in range(FIXED, FIRST + 2 * len(all_places)):
        put(book, sheet, top, column, None, "line", "block")
    # Titles stay within the columns that are in sight, and on every page.
    for row, text, look, lines in (
        (top, titled(block), "block", lines_of(titled(block), TITLE_WIDTH)),
        (top + 1, block.base, "muted", lines_of(block.base, BASE_WIDTH)),
    ):
        sheet.merge_range(row, 0, row, FIXED - 1, "", book.style("text", "flush", look))
        put(book, sheet, row, 0, text, "text", "flush", look)
        high(sheet, row, lines)
    row = top + 2
    for option, label in block.options.items():
        put(book, sheet, row, 0, label, "text", "line_below")
        for at, place in enumerate(all_places):
            _write_share(book, sheet, row, FIRST + 2 * at, block, option, place, edges[at])
        high(sheet, row, lines_of(label, LABEL))
        row += 1
    if not block.options:
        row = _write_figures(book, sheet, row, block, all_places, edges)
    for base in BASES if block.kind != "text" else ():
        words = "unweighted_base" if base == "n" else "effective_base" if base == "n_eff_kish" else base
        looks = ("base", "first") if base == "n" else ("base",)
        put(book, sheet, row, 0, book.words.say("rows", words), "line", *looks)
        for at, place in enumerate(all_places):
            found = block.figure(place)
            edge = ("edge",) if edges[at] else ()
            mark = "*" if base == "n" and found is not None and low(found, book) else None
            put(book, sheet, row, FIRST + 2 * at, found[base] if found else None, "count", *looks, *edge)
            put(book, sheet, row, FIRST + 2 * at + 1, mark, "letters", *looks)
        row += 1


def _write_share(
    book: Book, sheet: Worksheet, row: int, column: int, block: Block, option: str, place: Place, edge: bool
) -> None:
    """The share and, beside it, letters of the columns that it is higher than, and marks."""
    key = (option, place.segment, place.level)
    found = block.rows.get(key)
    looks = ("line_below", "edge") if edge else ("line_below",)
    if found is None:
        put(book, sheet, row, column, None, "percent", *looks)
        put(book, sheet, row, column + 1, None, "letters", "line_below")
        return
    careful = ("muted",) if found["status"] in MARKS else ()
    marks = ("*" if low(found, book) else "") + MARKS.get(found["status"], "")
    put(book, sheet, row, column, found["share"], "percent", *looks, *careful)
    put(book, sheet, row, column + 1, f"{block.letters.get(key, '')} {marks}".strip(), "letters", "line_below")


def _write_figures(
    book: Book, sheet: Worksheet, row: int, block: Block, all_places: Sequence[Place], edges: Sequence[bool]
) -> int:
    """What is told of a number, or how many open answers there are. Returns the row after them."""
    figures = [(name, name, "number") for name in FIGURES] if block.kind == "number" else [("answers", "x", "count")]
    for words, name, kind in figures:
        put(book, sheet, row, 0, book.words.say("rows", words), "text", "line_below")
        for at, place in enumerate(all_places):
            found = block.figure(place)
            looks = ("line_below", "edge") if edges[at] else ("line_below",)
            put(book, sheet, row, FIRST + 2 * at, found[name] if found else None, kind, *looks)
            put(book, sheet, row, FIRST + 2 * at + 1, None, "letters", "line_below")
        row += 1
    return row


def _paged(sheet: Worksheet, groups: Sequence[Sequence[Place]], found: Sequence[Block]) -> None:
    """Pages that break between segments and between questions, with headings and answers on each."""
    sheet.repeat_rows(HEAD, TOP - 1)
    parts = [(2 * len(group), len(group) * (SHARE + LETTERS)) for group in groups[1:]]
    break_columns(sheet, parts, FIXED, LABEL + SHARE + LETTERS)
    left, ends = PAGE_HEIGHT - TOP * HEIGHT - 40, []
    for block in found:
        labels = sum(lines_of(label, LABEL) - 1 for label in block.options.values())
        more = labels + lines_of(titled(block), TITLE_WIDTH) + lines_of(block.base, BASE_WIDTH) - 2
        height = block.lines * HEIGHT + more * LINE
        if height > left and block is not found[0]:
            ends.append(block.top)
            left = PAGE_HEIGHT - 8 * HEIGHT
        left -= height
    sheet.set_h_pagebreaks(ends)
