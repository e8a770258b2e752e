"""Made records written as Qualtrics exports choice text: three header rows, ImportIds in the third."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.random import Generator

from pipeline.study.model import Study
from pipeline.study.questions import MultipleQuestion, Option
from pipeline.study.variables import Variable
from pipeline.synthetic.answering import Answers
from pipeline.synthetic.junk import Record

METADATA = (
    ("StartDate", "Start Date", {"ImportId": "startDate", "timeZone": "America/Denver"}),
    ("EndDate", "End Date", {"ImportId": "endDate", "timeZone": "America/Denver"}),
    ("Status", "Response Type", {"ImportId": "status"}),
    ("IPAddress", "IP Address", {"ImportId": "ipAddress"}),
    ("Progress", "Progress", {"ImportId": "progress"}),
    ("Duration (in seconds)", "Duration (in seconds)", {"ImportId": "duration"}),
    ("Finished", "Finished", {"ImportId": "finished"}),
    ("RecordedDate", "Recorded Date", {"ImportId": "recordedDate", "timeZone": "America/Denver"}),
    ("ResponseId", "Response ID", {"ImportId": "_recordId"}),
    ("RecipientLastName", "Recipient Last Name", {"ImportId": "recipientLastName"}),
    ("RecipientFirstName", "Recipient First Name", {"ImportId": "recipientFirstName"}),
    ("RecipientEmail", "Recipient Email", {"ImportId": "recipientEmail"}),
    ("ExternalReference", "External Data Reference", {"ImportId": "externalDataReference"}),
    ("LocationLatitude", "Location Latitude", {"ImportId": "locationLatitude"}),
    ("LocationLongitude", "Location Longitude", {"ImportId": "locationLongitude"}),
    ("DistributionChannel", "Distribution Channel", {"ImportId": "distributionChannel"}),
    ("UserLanguage", "User Language", {"ImportId": "userLanguage"}),
    ("Q_RecaptchaScore", "Q_RecaptchaScore", {"ImportId": "Q_RecaptchaScore"}),
)
Column = tuple[str, str, str, list[str]]
"""Name, text, ImportId, cells."""


def write_wave(path: Path, study: Study, wave: str, answers: Answers, records: list[Record], rng: Generator) -> None:
    """Writes one delivery: UTF-8 with a byte-order mark, as the platform does."""
    columns = list(_question_columns(study, wave, answers))
    if wave != min(study.waves):  # later exports come in another order: columns are found by text, not by place
        columns = columns[len(columns) // 2 :] + columns[: len(columns) // 2]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([name for name, _, _ in METADATA] + [c[0] for c in columns])
        writer.writerow([text for _, text, _ in METADATA] + [c[1] for c in columns])
        writer.writerow([json.dumps(i) for _, _, i in METADATA] + [json.dumps({"ImportId": c[2]}) for c in columns])
        for i, record in enumerate(records):
            writer.writerow(_metadata(record, rng) + [cells[i] for *_, cells in columns])


def _metadata(r: Record, rng: Generator) -> list[str]:
    end = r.start + timedelta(seconds=r.seconds)
    number = int(rng.integers(1, 255))
    finished = r.progress == 100
    return [
        _moment(r.start), _moment(end), r.status, f"192.0.2.{number}", str(r.progress), str(r.seconds), str(finished),
        _moment(end), r.response_id, "", "", f"respondent{number}@example.org" if number % 9 == 0 else "", "",
        f"{rng.uniform(-60, 60):.4f}", f"{rng.uniform(-120, 120):.4f}",
        "preview" if r.status == "Survey Preview" else "anonymous", "EN", f"{r.recaptcha:g}",
    ]  # fmt: skip


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _question_columns(study: Study, wave: str, answers: Answers) -> Iterator[Column]:
    """The wave's questions. The first multiple-response question is one joined cell, the others a column an option."""
    variables: dict[str, list[Variable]] = {}
    for v in study.variables:
        variables.setdefault(v.question, []).append(v)
    joined = next((name for name, q in study.questions.items() if isinstance(q, MultipleQuestion)), None)
    for number, (name, question) in enumerate(study.questions.items(), start=1):
        parts = variables[name]
        if not question.asked_in(wave):
            continue
        text = question.text or name
        if name == joined:
            yield f"Q{number}", text, f"QID{number}", _joined_cells(parts, wave, answers)
            continue
        for i, v in enumerate(parts, start=1):
            end = f"_{i}" if v.part else ""
            option = v.options[v.part].text_in(wave) if v.kind == "tick" else ""
            label = f"{text} - Selected Choice - {option}" if option else f"{text} - {v.part_text}" if v.part else text
            yield f"Q{number}{end}", label, f"QID{number}{end}", _cells(v, option, wave, answers)


def _cells(v: Variable, option: str, wave: str, answers: Answers) -> list[str]:
    values = answers[v.name]
    if v.kind == "tick":
        return [option if value == "1" else "" for value in values]
    if v.kind == "choice":
        texts: dict[str, str] = {key: o.text_in(wave) for key, o in v.options.items()}
        return [texts.get(value, "") for value in values]
    return [str(value) for value in values]


def _joined_cells(parts: list[Variable], wave: str, answers: Answers) -> list[str]:
    options: list[Option] = [v.options[v.part] for v in parts]
    ticked = np.array([answers[v.name] == "1" for v in parts])
    texts = [o.text_in(wave) for o in options]
    return [",".join(t for t, on in zip(texts, row, strict=True) if on) for row in ticked.T]
