"""The records of `deliveries.py` as more platforms and formats would export them: bytes, and a file name."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat

from tests.ingest.deliveries import (
    QUESTIONS,
    ROWS,
    TEXTS,
    TITLES,
    Record,
    plain,
    qualtrics,
    records,
    surveymonkey,
    text_of,
    written,
)  # fmt: skip

CODES = {question: {key: str(i) for i, key in enumerate(texts, 1)} for question, texts in TEXTS.items()}
CODED = QUESTIONS
for _question in ("stage", "use", "trust"):
    for _key, _text in TEXTS[_question].items():
        if _key == "dk":
            continue
        _quoted = json.dumps(_text) if '"' not in _text else f"'{_text}'"
        CODED = CODED.replace(f": {_quoted}", f': {{text: {_quoted}, code: "{CODES[_question][_key]}"}}')
CODED = CODED.replace('{text: "Don\'t know", is', '{text: "Don\'t know", code: "3", is')


def code_of(question: str, key: str) -> str:
    return CODES[question].get(key, "")


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def qualtrics_legacy() -> bytes:
    """Two header rows: names, texts; no ids."""
    rows = rows_of(qualtrics())
    return written([rows[0], rows[1], *rows[3:]]).encode()


def qualtrics_unanswered() -> bytes:
    """Seen and unanswered as -99, of ticks as 0; everyone saw everything."""
    rows = rows_of(qualtrics())
    ticks = {i for i, name in enumerate(rows[0]) if name.startswith("Q3_")}
    answers = {i for i, name in enumerate(rows[0]) if name.startswith("Q")} - ticks
    for row in rows[3:]:
        for i in answers | ticks:
            row[i] = row[i] or ("0" if i in ticks else "-99")
    return written(rows).encode()


def qualtrics_codes() -> bytes:
    """Numeric codes, a quoted third row as a spreadsheet program leaves it."""
    rows = rows_of(qualtrics())
    for row, r in zip(rows[3:], records(), strict=True):
        at = dict(zip(rows[0], range(len(row)), strict=True))
        row[at["Q1"]], row[at["Q2"]] = code_of("stage", r.stage), code_of("use", r.use)
        row[at["Q4_1"]], row[at["Q4_2"]] = code_of("trust", r.us), code_of("trust", r.them)
        for i, key in enumerate(TEXTS["channels"], 1):
            row[at[f"Q3_{i}"]] = "1" if key in r.channels else ""
    rows[2] = [cell.replace('"', "'") for cell in rows[2]]
    return written(rows).encode()


def limesurvey(delimiter: str) -> bytes:
    """Full question texts and answers."""
    head = ["Response ID", "Date submitted", "Last page", "Start language", "Seed", "Date started", "Date last action",
            "IP address", TITLES["stage"], TITLES["use"],
            *(f"{TITLES['channels']} [{text}]" for text in TEXTS["channels"].values()),
            *(f"{TITLES['trust']} [{row}]" for row in ROWS.values()), TITLES["staff"], TITLES["comment"]]  # fmt: skip
    rows = [
        [r.id, f"{r.finished:%Y-%m-%d %H:%M:%S}", "3", "en", "17", f"{r.started:%Y-%m-%d %H:%M:%S}",
         f"{r.finished:%Y-%m-%d %H:%M:%S}", "192.0.2.7", text_of("stage", r.stage), text_of("use", r.use),
         *(("Yes" if key in r.channels else "No") if r.channels else "" for key in TEXTS["channels"]),
         text_of("trust", r.us), text_of("trust", r.them), r.staff, r.comment]
        for r in records()
    ]  # fmt: skip
    return written([head, *rows], delimiter).encode("utf-8-sig")


def google_forms(sign: str) -> bytes:
    """One timestamp, which is the end; checkbox cells joined; grids in brackets."""
    head = ["Timestamp", "Email Address", TITLES["stage"], TITLES["use"], TITLES["channels"],
            *(f"{TITLES['trust']} [{row}]" for row in ROWS.values()), TITLES["staff"], TITLES["comment"],
            "Code", "Begun", "Took"]  # fmt: skip
    rows = [
        [f"{r.finished:%m/%d/%Y %H:%M:%S}", "someone@example.org", text_of("stage", r.stage), text_of("use", r.use),
         sign.join(TEXTS["channels"][key] for key in r.channels), text_of("trust", r.us), text_of("trust", r.them),
         r.staff, r.comment, r.id, f"{r.started:%Y-%m-%d %H:%M:%S}", str(r.seconds)]
        for r in records()
    ]  # fmt: skip
    return written([head, *rows]).encode()


def workbook(text: str) -> bytes:
    """A table as a workbook: a cover sheet, a title above the table, moments as dates."""
    book = openpyxl.Workbook()
    book.active["A1"] = "Exported for the board"
    sheet = book.create_sheet("Responses")
    for row in rows_of(text):
        sheet.append([None if cell == "" else cell for cell in row])
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if isinstance(cell.value, str) and cell.value.isdigit():
                cell.value = int(cell.value)
            if isinstance(cell.value, str):
                cell.data_type = "s"  # "=1+1" is an answer here
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": r.id, "begun": r.started, "ended": r.finished,
            "stage": float(code_of("stage", r.stage) or "nan"), "use": float(code_of("use", r.use) or "nan"),
            **{f"channels_{k}": float(k in r.channels) if r.channels else float("nan") for k in TEXTS["channels"]},
            "us": float(code_of("trust", r.us) or "nan"), "them": float(code_of("trust", r.them) or "nan"),
            "staff": (r.staff.replace(",", "") and float(r.staff.replace(",", ""))) or float("nan"),
            "comment": r.comment,
        }
        for r in records()
    )  # fmt: skip


def spss() -> bytes:
    """Numbers with value labels; ticks as 0 and 1."""

    def labels(question: str) -> dict[float, str]:
        return {float(CODES[question][key]): text for key, text in TEXTS[question].items()}

    names = {
        "code": "Code", "begun": "Begun", "ended": "Ended", "stage": TITLES["stage"], "use": TITLES["use"],
        **{f"channels_{key}": f"{TITLES['channels']} - {text}" for key, text in TEXTS["channels"].items()},
        "us": f"{TITLES['trust']} - {ROWS['us']}", "them": f"{TITLES['trust']} - {ROWS['them']}",
        "staff": TITLES["staff"], "comment": TITLES["comment"],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.sav"
        pyreadstat.write_sav(
            _frame(), str(path), column_labels=names,
            variable_value_labels={"stage": labels("stage"), "use": labels("use"), "us": labels("trust"),
                                   "them": labels("trust")},
        )  # fmt: skip
        return path.read_bytes()


def parquet() -> bytes:
    """Typed columns under the question texts; ticks in a list."""

    def row(r: Record) -> dict[str, object]:
        return {
            "Code": int(r.id), "Begun": r.started, "Ended": r.finished,
            TITLES["stage"]: text_of("stage", r.stage) or None, TITLES["use"]: text_of("use", r.use) or None,
            TITLES["channels"]: [TEXTS["channels"][key] for key in r.channels],
            **{f"{TITLES['trust']} - {ROWS[row]}": text_of("trust", answer) or None
               for row, answer in (("us", r.us), ("them", r.them))},
            TITLES["staff"]: float(r.staff.replace(",", "")) if r.staff else None,
            TITLES["comment"]: r.comment or None,
        }  # fmt: skip

    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row(r) for r in records()]), stream)
    return stream.getvalue()


OURS = "columns: {id: Code, started: Begun, finished: Ended}\n"
FORMS = "columns: {id: Code, started: Begun, duration: Took}\n"
# What it is -> platform told, file name, `columns` and the like of the study file, the file, questions.
MORE: dict[str, tuple[str, str, str, Callable[[], bytes], str]] = {
    "Qualtrics, two header rows": ("qualtrics", "export.csv", "", qualtrics_legacy, QUESTIONS),
    "Qualtrics, unanswered marked": ("qualtrics", "export.csv", "", qualtrics_unanswered, QUESTIONS),
    "Qualtrics, numeric codes": ("qualtrics", "export.csv", "", qualtrics_codes, CODED),
    "Qualtrics, tabs in UTF-16": (
        "qualtrics", "export.tsv", "", lambda: written(rows_of(qualtrics()), "\t").encode("utf-16"), QUESTIONS),
    "SurveyMonkey under a title": (
        "surveymonkey", "export.csv", "", lambda: ("Our survey\r\n" + surveymonkey(2)).encode(), QUESTIONS),
    "SurveyMonkey workbook": ("surveymonkey", "export.xlsx", "", lambda: workbook(surveymonkey(2)), QUESTIONS),
    "LimeSurvey, commas": ("limesurvey", "export.csv", "", lambda: limesurvey(","), QUESTIONS),
    "LimeSurvey, semicolons": ("limesurvey", "export.csv", "", lambda: limesurvey(";"), QUESTIONS),
    "Google Forms, commas": ("google_forms", "export.csv", FORMS, lambda: google_forms(", "), QUESTIONS),
    "Google Forms, semicolons": ("google_forms", "export.csv", FORMS, lambda: google_forms(";"), QUESTIONS),
    "Excel": ("plain", "export.xlsx", OURS, lambda: workbook(plain()), QUESTIONS),
    "SPSS": ("spss", "export.sav", OURS, spss, QUESTIONS),
    "Parquet": ("plain", "export.parquet", OURS, parquet, QUESTIONS),
}  # fmt: skip
