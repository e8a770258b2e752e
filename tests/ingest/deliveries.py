"""A study of six questions and forty records, written down as each platform would export them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipeline import tables
from pipeline.ingest.answers import read_answers, values_query
from pipeline.ingest.delivered import delivered_query, file_rows, source_column_rows
from pipeline.ingest.matching import match
from pipeline.ingest.readable import reading
from pipeline.ingest.responses import available_variables, responses_query
from pipeline.settings import Home
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile, study_from_text

QUESTIONS = """\
title: "Tiny study"
sample: {type: opt_in, population: people}
scales:
  agreement: {"no": "Disagree", "yes": "Agree", dk: {text: "Don't know", is: dont_know}}
questions:
  stage:
    type: single
    text: "Which stage, roughly, are you at?"
    options: {start: "Just starting", middle: "Some way, but not far", "end": 'At the "end"'}
  use: {type: single, text: "Do you use it?", options: {"yes": "Yes", "no": "No"}}
  channels:
    type: multiple
    text: "Which channels do you use?"
    options: {mail: "Email, newsletters", post: "Email", web: "Web; apps", nothing: {text: "None of these", is: none}}
  trust:
    type: grid
    text: "How far do you agree?"
    scale: agreement
    rows: {us: "I trust us", them: "I trust them, too"}
  staff: {type: number, text: "How many people work here?"}
  comment: {type: text, text: "Anything else?"}
tiers: {order: [others, users], answers: {others: {use: ["no"]}, users: {use: ["yes"]}}}
indicators: {mails: {when: {channels: [mail]}, label: "use e-mail"}}
comparisons: {use: {a: {tier: [users]}, b: rest}}
"""

TEXTS = {
    "stage": {"start": "Just starting", "middle": "Some way, but not far", "end": 'At the "end"'},
    "use": {"yes": "Yes", "no": "No"},
    "channels": {"mail": "Email, newsletters", "post": "Email", "web": "Web; apps", "nothing": "None of these"},
    "trust": {"no": "Disagree", "yes": "Agree", "dk": "Don't know"},
}
ROWS = {"us": "I trust us", "them": "I trust them, too"}
TITLES = {
    "stage": "Which stage, roughly, are you at?",
    "use": "Do you use it?",
    "channels": "Which channels do you use?",
    "trust": "How far do you agree?",
    "staff": "How many people work here?",
    "comment": "Anything else?",
}


@dataclass(frozen=True)
class Record:
    """What one respondent answered, in the option ids of the study file; "" and () where nothing."""

    id: str
    started: datetime
    seconds: int
    stage: str
    use: str
    channels: tuple[str, ...]
    us: str
    them: str
    staff: str
    comment: str

    @property
    def finished(self) -> datetime:
        return self.started + timedelta(seconds=self.seconds)


CHANNELS = [("mail",), ("post", "web"), ("mail", "post"), ("nothing",), (), ("mail", "post", "web"), ("web",)]


def records() -> list[Record]:
    """Forty respondents."""
    return [
        Record(
            id=str(7000 + i),
            started=datetime(2021, 2, 1 + i % 20, 9 + i % 12, i),
            seconds=60 + 7 * i,
            stage=["start", "middle", "end", ""][i % 4],
            use=["yes", "no", "yes", "no", ""][i % 5],
            channels=CHANNELS[i % 7],
            us=["no", "yes", "dk"][i % 3],
            them=["yes", "", "dk", "no"][i % 4],
            staff=["12", "1,200", "", "35000.5"][i % 4],
            comment=["", 'She said "no",\nthen left', "=1+1"][i % 3],
        )
        for i in range(40)
    ]


def expected_responses() -> list[dict[str, object]]:
    """Table `responses` of these records, by hand: what the study file says of each answer."""
    numbers = {"12": 12.0, "1,200": 1200.0, "": None, "35000.5": 35000.5}
    return [
        {
            "source_row": row,
            "respondent_id": r.id,
            "started_at": r.started,
            "finished_at": r.finished,
            "duration_seconds": float(r.seconds),
            "stage": r.stage or None,
            "use": r.use or None,
            **{f"channels__{key}": int(key in r.channels) if r.channels else None for key in TEXTS["channels"]},
            "trust__us": r.us or None,
            "trust__them": r.them or None,
            "staff": numbers[r.staff],
            "comment": 1 if r.comment else None,
        }
        for row, r in enumerate(records(), 1)
    ]


def text_of(question: str, key: str) -> str:
    return TEXTS[question].get(key, "")


def joined(r: Record, sign: str) -> str:
    return sign.join(TEXTS["channels"][key] for key in r.channels)


def ticks(r: Record) -> list[str]:
    return [text if key in r.channels else "" for key, text in TEXTS["channels"].items()]


def written(rows: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\n") -> str:
    """Rows as CSV."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows(rows)
    return stream.getvalue()


def plain(sign: str = ",", delimiter: str = ",") -> str:
    """One header row; ticks joined in one cell."""
    head = ["Code", "Begun", "Ended", TITLES["stage"], TITLES["use"], TITLES["channels"],
            *(f"{TITLES['trust']} - {row}" for row in ROWS.values()), TITLES["staff"], TITLES["comment"]]  # fmt: skip
    rows = [
        [r.id, f"{r.started:%Y-%m-%dT%H:%M:%S}", f"{r.finished:%Y-%m-%dT%H:%M:%S}", text_of("stage", r.stage),
         text_of("use", r.use), joined(r, sign), text_of("trust", r.us), text_of("trust", r.them), r.staff, r.comment]
        for r in records()
    ]  # fmt: skip
    return written([head, *rows], delimiter)


def surveymonkey(headers: int) -> str:
    """One header row with ticks joined, or two with a column for each tick; US dates."""
    us = "%m/%d/%Y %I:%M:%S %p"
    first = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", TITLES["stage"], TITLES["use"]]
    second = ["", "", "", "", "", "Response", "Response"]
    if headers == 2:
        first += [TITLES["channels"], "", "", "", TITLES["trust"], "", TITLES["staff"], TITLES["comment"]]
        second += [*TEXTS["channels"].values(), *ROWS.values(), "Response", "Open-Ended Response"]
    else:
        first += [TITLES["channels"], *(f"{TITLES['trust']} - {row}" for row in ROWS.values())]
        first += [TITLES["staff"], TITLES["comment"]]
    rows = [
        [r.id, "99", f"{r.started:{us}}", f"{r.finished:{us}}", "192.0.2.7", text_of("stage", r.stage),
         text_of("use", r.use), *(ticks(r) if headers == 2 else [joined(r, ", ")]), text_of("trust", r.us),
         text_of("trust", r.them), r.staff, r.comment]
        for r in records()
    ]  # fmt: skip
    return written([first, second, *rows] if headers == 2 else [first, *rows], end="\r\n")


def qualtrics() -> str:
    """Three header rows, the third with ImportIds; a column for each tick; columns in an order of their own."""
    head = [
        ("StartDate", "Start Date", "startDate"), ("EndDate", "End Date", "endDate"),
        ("Status", "Response Type", "status"), ("IPAddress", "IP Address", "ipAddress"),
        ("Progress", "Progress", "progress"), ("Duration (in seconds)", "Duration (in seconds)", "duration"),
        ("ResponseId", "Response ID", "_recordId"), ("Q6_TEXT", TITLES["comment"], "QID6_TEXT"),
        ("Q5", TITLES["staff"], "QID5_TEXT"),
        *((f"Q4_{i}", f"{TITLES['trust']} - {row}", f"QID4_{i}") for i, row in enumerate(ROWS.values(), 1)),
        *((f"Q3_{i}", f"{TITLES['channels']} - Selected Choice - {text}", f"QID3_{i}")
          for i, text in enumerate(TEXTS["channels"].values(), 1)),
        ("Q2", TITLES["use"], "QID2"), ("Q1", TITLES["stage"], "QID1"),
    ]  # fmt: skip
    rows = [
        [f"{r.started:%Y-%m-%d %H:%M:%S}", f"{r.finished:%Y-%m-%d %H:%M:%S}", "IP Address", "192.0.2.7", "100",
         str(r.seconds), r.id, r.comment, r.staff, text_of("trust", r.us), text_of("trust", r.them), *ticks(r),
         text_of("use", r.use), text_of("stage", r.stage)]
        for r in records()
    ]  # fmt: skip
    third = [json.dumps({"ImportId": c[2]}) for c in head]
    return written([[c[0] for c in head], [c[1] for c in head], third, *rows])


COLUMNS = {
    "plain": "columns: {id: Code, started: Begun, finished: Ended}\n",
    "surveymonkey": "",
    "qualtrics": "",
}
EXPORTS: dict[str, tuple[str, Callable[[], str]]] = {
    "plain, ticks joined by commas": ("plain", plain),
    "plain, ticks joined by comma and space": ("plain", lambda: plain(", ")),
    "plain, ticks joined by semicolons": ("plain", lambda: plain(";")),
    "semicolons between fields": ("plain", lambda: plain(",", ";")),
    "tabs between fields": ("plain", lambda: plain(",", "\t")),
    "SurveyMonkey, one header row": ("surveymonkey", lambda: surveymonkey(1)),
    "SurveyMonkey, two header rows": ("surveymonkey", lambda: surveymonkey(2)),
    "Qualtrics, three header rows": ("qualtrics", qualtrics),
}


def study(columns: str = "") -> StudyFile:
    """The study file; columns: its section of that name."""
    return study_from_text(QUESTIONS + columns, "tiny")


def delivered(folder: Path, study_file: StudyFile, *files: tuple[str, str | bytes], wave: str = "w") -> WaveStore:
    """A wave with these files in its folder: (name, content)."""
    home = Home(folder)
    raw = home.raw(study_file.name) / wave
    raw.mkdir(parents=True, exist_ok=True)
    for name, content in files:
        (raw / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return WaveStore(home, study_file, wave)


def ingest(store: WaveStore) -> WaveStore:
    """Makes the tables `files` to `responses` of a wave, one after the other, as the assets do."""
    study, wave = store.study, store.wave

    def matched() -> list[dict[str, object]]:
        sources = store.sources()
        found = [
            (s, match(s, study.questions, study.scales, study.columns, wave, study.sampling_columns.items()))
            for s in sources
        ]
        return source_column_rows(wave, found)

    store.write(tables.FILES, file_rows(wave, store.sources()))
    store.write(tables.SOURCE_COLUMNS, matched())
    columns = store.rows(tables.SOURCE_COLUMNS)
    reading(
        store.sources(),
        lambda ready: store.create(tables.DELIVERED, delivered_query(wave, ready, columns, study, store.id_key)),
    )
    there = available_variables(columns, study.questions, study.scales, wave)
    values = store.fetch(values_query(study.questions, study.scales, there), tables.ANSWERS)
    store.write(tables.ANSWERS, read_answers(wave, study.questions, study.scales, values.to_pylist()))
    answers = store.rows(tables.ANSWERS)
    query = responses_query(study.questions, study.scales, there, answers, study.shown.values())
    store.create(tables.RESPONSES, query)
    return store


def responses(store: WaveStore) -> list[dict[str, object]]:
    """Table `responses` without the wave and what only some platforms deliver."""
    left_out = {"wave", "status", "progress_pct", "recaptcha", "fraud_score", "duplicate_score", "ballot_box"}
    return [{k: v for k, v in row.items() if k not in left_out} for row in store.rows(tables.RESPONSES)]
