"""Delivered answers that the study file does not know, and what to paste where they are meant."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipeline.checking.remark import MOST_HINTS, Remark, weights
from pipeline.errors import counted, nearest
from pipeline.study.columns import slug
from pipeline.study.model import Study
from pipeline.study.variables import Variable


def of_answers(study: Study, wave: str, answers: list[dict[str, Any]], words: Callable[[str], str]) -> Iterator[Remark]:
    """answers: rows of the table of that name. words: what an analyst calls a variable."""
    weigh = weights(study, wave, "options_changed")
    by_name = {v.name: v for v in study.variables}
    unknown: dict[str, list[dict[str, Any]]] = {}
    for row in answers:
        if row["code"] is None:
            unknown.setdefault(row["variable"], []).append(row)
    for name, rows in unknown.items():
        weight, variable = weigh(name), by_name.get(name)
        texts = [option.text for option in variable.options.values()] if variable else []
        wrong = "is no number" if variable and variable.kind == "number" else "is not in the option list"
        for row in rows[:MOST_HINTS]:
            close = nearest_option(row["answer"], texts)
            hint = f'; nearest option: "{close}"' if close else ""
            answer = f'answer "{row["answer"][:100]}" ({counted(row["n"], "time")})'
            what = f"{words(name)}: {answer} {wrong}{hint}"
            yield Remark(weight, f"wave {wave}", what)
        if variable is not None and variable.options and variable.kind == "choice":
            yield Remark("note", f"wave {wave}", f"{words(name)}, to paste: {_pasted(rows[:MOST_HINTS], variable)}")
        if len(rows) > MOST_HINTS:
            more = f"{words(name)}: {counted(len(rows) - MOST_HINTS, 'more answer')}, each of which {wrong}"
            yield Remark(weight, f"wave {wave}", more)


def nearest_option(answer: str, texts: Iterable[str]) -> str | None:
    """The option that an answer may mean: the only one with the same numbers ("> 1,000" is "Greater than 1,000"),
    else the one that looks most alike."""
    valid = list(texts)
    numbers = _numbers(answer)
    same = [text for text in valid if numbers and _numbers(text) == numbers]
    return same[0] if len(same) == 1 else nearest(answer, valid)


def _numbers(text: str) -> list[str]:
    return [number.replace(",", "") for number in re.findall(r"[0-9][0-9,]*(?:\.[0-9]+)?", text)]


def _pasted(rows: list[dict[str, Any]], variable: Variable) -> str:
    """The options that the answers are, as the study file has them: near ones beside the option that they are near."""
    by_text = {option.text: key for key, option in variable.options.items()}
    near: dict[str, list[str]] = {}
    new: dict[str, str] = {}
    for row in rows:
        close = nearest_option(row["answer"], by_text)
        if close:
            near.setdefault(by_text[close], []).append(row["answer"])
        else:
            new[slug(row["answer"])[:40].strip("_") or "option"] = row["answer"]
    lines = [f"{key}: {{text: {json.dumps(variable.options[key].text, ensure_ascii=False)}, "
             f"also: {json.dumps(texts, ensure_ascii=False)}}}" for key, texts in near.items()]  # fmt: skip
    return ", ".join([*lines, *(f"{key}: {json.dumps(text, ensure_ascii=False)}" for key, text in new.items())])
