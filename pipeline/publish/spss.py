"""The analysed respondents of a wave as an SPSS file: coded answers with labels, weight, score, tier, segments,
indicators.

Nothing that names a person is in it: no times, no id of the delivery, no words of an open answer. `respondent` is the
keyed hash where the study pseudonymises ids, else a running number; rows are sorted by what they hold, so that their
place does not tell the order of the delivery either.

Options are coded 1, 2, 3 ... in the order of the study file, the same in every wave; don't know and refused -1, -2 ...,
declared user-missing. Ticks, indicators and levels that overlap are 1 and 0; an open answer is 1 where given.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pandas as pd

from pipeline.errors import SurveyError
from pipeline.study.labels import level_label, segment_label, tier_label
from pipeline.study.model import Study
from pipeline.study.questions import GridQuestion, Option
from pipeline.study.variables import Variable

# Limits of the format, in bytes of UTF-8.
NAME, LABEL, VALUE_LABEL, FILE_LABEL, NOTE_LINE = 64, 256, 120, 64, 80
RESERVED = {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
WORDS = {
    "en": {"no": "No", "yes": "Yes", "pseudonym": "Respondent, pseudonym", "number": "Running number",
           "weight": "Weight", "tier": "Maturity tier", "score": "Maturity score", "of 100": "0 to 100",
           "indicator": "Indicator", "answered": "answered"},
    "ru": {"no": "Нет", "yes": "Да", "pseudonym": "Респондент, псевдоним", "number": "Порядковый номер",
           "weight": "Вес", "tier": "Уровень зрелости", "score": "Балл зрелости", "of 100": "от 0 до 100",
           "indicator": "Показатель", "answered": "есть ответ"},
}  # fmt: skip
"""Our own words in labels; in other languages English."""
ANALYSED = "analysed"

Measure = Literal["nominal", "ordinal", "scale"]


@dataclass(frozen=True)
class SpssVariable:
    """A variable of the file. values: as written. labels: of values. missing: whether values under 0 are missing."""

    name: str
    label: str
    values: pd.Series
    measure: Measure
    labels: Mapping[int, str] = field(default_factory=dict)
    missing: bool = False


def write_spss(
    path: Path, study: Study, wave: str, responses: pd.DataFrame, respondents: pd.DataFrame, language: str = "en"
) -> None:
    """Writes the analysed respondents of a wave.

    responses, respondents: rows of the core tables of that name for the wave. Raises SurveyError where nobody is
    analysed, as SPSS has no such file.
    """
    import pyreadstat  # half a second, and nothing else here needs it

    analysed = respondents[respondents["disposition"] == ANALYSED].set_index("source_row")
    if analysed.empty:
        raise SurveyError(str(path), f"wave {wave} has no analysed respondents")
    answers = responses.set_index("source_row").reindex(analysed.index)
    found = _legal([*_of_respondents(study, analysed, language), *_of_answers(study, wave, answers, language)])
    frame = pd.DataFrame({v.name: v.values for v in found})
    frame = frame.sort_values(list(frame.columns), ignore_index=True)
    if not study.columns.pseudonymise:
        frame["respondent"] = range(1, len(frame) + 1)
    lowest = {v.name: min(v.labels) for v in found if v.missing}
    pyreadstat.write_sav(
        frame, path, row_compress=True,
        file_label=cut(f"{'SYNTHETIC, ' if study.synthetic else ''}{wave}: {study.title.get(language)}", FILE_LABEL),
        column_labels={v.name: cut(v.label, LABEL) for v in found},
        note=_note(study, wave),
        variable_value_labels={
            v.name: {code: cut(label, VALUE_LABEL) for code, label in v.labels.items()} for v in found if v.labels
        },
        missing_ranges={name: [{"lo": lo, "hi": -1}] for name, lo in lowest.items()},
        variable_measure={v.name: v.measure for v in found},
        variable_format={v.name: "F8.0" for v in found if v.labels},
    )  # fmt: skip


def cut(text: str, most: int) -> str:
    """A text on one line in at most so many bytes of UTF-8, no character cut in two."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())
    if len(line.encode()) <= most:
        return line
    return line.encode()[: most - len("…".encode())].decode(errors="ignore").rstrip() + "…"


def _note(study: Study, wave: str) -> list[str]:
    lines = [
        *(["SYNTHETIC data, made and not collected."] if study.synthetic else []),
        f"Analysed respondents of wave {wave}. Codes below 0 are answers without content (don't know, refused).",
        *(["Weight cases by `weight`. Standard errors also need the design, which is not in this file."]
          if study.weights or study.design else []),
    ]  # fmt: skip
    return [part for line in lines for part in textwrap.wrap(line, NOTE_LINE)]


# -- what stands in `respondents`


def _of_respondents(study: Study, rows: pd.DataFrame, language: str) -> Iterator[SpssVariable]:
    words = _words(language)
    if study.columns.pseudonymise:
        yield SpssVariable("respondent", words["pseudonym"], rows["respondent_id"].astype(str), "nominal")
    else:
        yield SpssVariable("respondent", words["number"], pd.Series(0, rows.index), "nominal")
    if study.weights:
        yield SpssVariable("weight", words["weight"], rows["weight"].astype(float), "scale")
    if study.tiers:
        labels = {tier: tier_label(study.tiers, tier, language) for tier in study.tiers.order}
        yield _coded("tier", words["tier"], rows["tier"], labels, "ordinal")
    if study.score:
        yield SpssVariable("score", f"{words['score']}, {words['of 100']}", rows["score"].astype(float), "scale")
        for name, dimension in study.score.dimensions.items():
            label = dimension.label.get(language) if dimension.label else name.replace("_", " ")
            values = rows[f"score_{name}"].astype(float)
            yield SpssVariable(f"score_{name}", f"{label}, {words['of 100']}", values, "scale")
    yield from _segments(study, rows, language)
    for name, indicator in study.indicators.items():
        label = indicator.label.get(language) if indicator.label else name.replace("_", " ")
        yield _flag(f"ind_{name}", f"{words['indicator']}: {label}", rows[name], language)


def _segments(study: Study, rows: pd.DataFrame, language: str) -> Iterator[SpssVariable]:
    for segment in study.segment_columns:
        title = segment_label(study.segments, segment.name, language)
        labels = {
            level: level_label(study.segments, study.resolver, segment.name, level, language)
            for level in segment.levels
        }
        if segment.overlapping:
            for level, column in segment.columns.items():
                yield _flag(f"seg_{column}", f"{title}: {labels[level]}", rows[column], language)
        else:
            measure: Measure = "ordinal" if segment.bands else "nominal"
            yield _coded(f"seg_{segment.name}", title, rows[segment.name], labels, measure)


# -- what stands in `responses`


def _of_answers(study: Study, wave: str, rows: pd.DataFrame, language: str) -> Iterator[SpssVariable]:
    for v in study.variables:
        question = study.questions[v.question]
        label = _label(study, v, wave, language)
        if v.kind == "choice":
            in_order = isinstance(question, GridQuestion) or getattr(question, "scale", None) is not None
            labels = {key: _option(option, wave, language) for key, option in v.options.items()}
            measure: Measure = "ordinal" if in_order else "nominal"
            yield _coded(v.name, label, rows[v.name], labels, measure, v.not_substantive)
        elif v.kind == "number":
            yield SpssVariable(v.name, label, rows[v.name].astype(float), "scale")
        else:
            text = f"{label} ({_words(language)['answered']})" if v.kind == "text" else label
            yield _flag(v.name, text, rows[v.name], language)


def _label(study: Study, v: Variable, wave: str, language: str) -> str:
    """Question, and row or option, of which the question is cut first: the rows of a grid must differ."""
    question = study.questions[v.question]
    text = question.label.get(language) if question.label else question.text_in(wave)
    text = text or v.question.replace("_", " ")
    if not v.part:
        return text
    if isinstance(question, GridQuestion):
        row = question.rows[v.part]
        part = row.label.get(language) if row.label else row.text_in(wave)
    else:
        part = _option(v.options[v.part], wave, language)
    part = cut(part, LABEL // 2)
    return f"{cut(text, LABEL - len(part.encode()) - len(' - '))} - {part}"


def _option(option: Option, wave: str, language: str) -> str:
    return option.label.get(language) if option.label else option.text_in(wave)


def _coded(
    name: str, label: str, values: pd.Series, labels: Mapping[str, str], measure: Measure,
    not_substantive: tuple[str, ...] = (),
) -> SpssVariable:  # fmt: skip
    """Ids as numbers: 1, 2 ... in their order, those without content -1, -2 ..."""
    counted = [key for key in labels if key not in not_substantive]
    codes = {key: i for i, key in enumerate(counted, 1)} | {key: -i for i, key in enumerate(not_substantive, 1)}
    known = {codes[key]: label for key, label in labels.items()}
    return SpssVariable(name, label, values.map(codes).astype(float), measure, known, bool(not_substantive))


def _flag(name: str, label: str, values: pd.Series, language: str) -> SpssVariable:
    words = _words(language)
    return SpssVariable(name, label, values.astype(float), "nominal", {0: words["no"], 1: words["yes"]})


def _words(language: str) -> dict[str, str]:
    return WORDS.get(language, WORDS["en"])


# -- names


def _legal(variables: list[SpssVariable]) -> list[SpssVariable]:
    """The same with names that SPSS takes: lower case, at most 64 bytes, each once, no reserved word."""
    taken: set[str] = set()
    found = []
    for v in variables:
        name = _name(v.name, taken)
        taken.add(name)
        found.append(SpssVariable(name, v.label, v.values, v.measure, v.labels, v.missing))
    return found


def _name(name: str, taken: set[str]) -> str:
    stem = re.sub(r"[^a-z0-9_]", "_", name.lower()).rstrip("_")
    stem = f"{stem}_" if stem in RESERVED else stem
    tried, number = _shortened(stem, ""), 2
    while tried in taken:
        tried, number = _shortened(stem, f"_{number}"), number + 1
    return tried


def _shortened(stem: str, end: str) -> str:
    return stem[: NAME - len(end)].rstrip("_") + end if len(stem) + len(end) > NAME else stem + end
