"""The SPSS file of respondents, written from rows made by hand and read back with its labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from pipeline.errors import SurveyError
from pipeline.publish.spss import cut, write_spss
from pipeline.study.loading import study_from_text
from pipeline.study.model import Study

LONG = "Насколько вы согласны с тем, что " + "очень " * 40 + "важно?"
TEXT = f"""\
title: {{en: "Made-up study of people with opinions and of the other people", ru: "Опрос"}}
synthetic: true
sample: {{type: opt_in, population: people}}
columns: {{id: Id}}
scales:
  often:
    never: {{text: "Never", label: {{en: "Never", ru: "Никогда"}}}}
    dk: {{text: "Don't know", is: dont_know}}
    daily: "Daily"
    refused: {{text: "No answer", is: refused}}
questions:
  with: {{type: single, text: "=2+3", options: {{"yes": "<b>Yes</b>", "no": "{"Nein " * 40}"}}}}
  place: {{type: single, text: "Where?", options: {{town: "Town", village: "Village"}}}}
  habit: {{type: grid, text: "{LONG}", scale: often, rows: {{tea: "Tea", coffee: "Coffee"}}}}
  teams: {{type: multiple, text: "Which teams?", options: {{sales: "Sales", service: "Service"}}}}
  age: {{type: number, text: "How old?", range: [0, 120]}}
  said: {{type: text, text: "What else?"}}
tiers: {{order: [low, high], answers: {{low: {{with: ["no"]}}, high: {{with: ["yes"]}}}}}}
segments:
  place: {{question: place, label: "place"}}
  who: {{levels: {{"Городские": {{place: [town]}}, "Сельские": {{place: [village]}}}}}}
indicators: {{place_known: {{when: {{place: [town, village]}}, label: "have a place"}}}}
weights: {{main: {{column: W}}}}
"""


def rows() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Responses and respondents: 1, 2 and 4 are analysed; 3 is not."""
    responses = pd.DataFrame(
        {
            "wave": "1", "source_row": [1, 2, 3, 4], "respondent_id": ["secret-1", "secret-2", "secret-3", "secret-4"],
            "with": ["yes", "no", "yes", None], "place": ["village", "town", "town", None],
            "habit__tea": ["daily", "dk", "never", "refused"], "habit__coffee": ["never", None, "daily", "daily"],
            "teams__sales": [1, 0, 1, None], "teams__service": [0, 1, 1, None],
            "age": [41.5, None, 30, 0], "said": [1, None, 1, None],
        }
    )  # fmt: skip
    respondents = pd.DataFrame(
        {
            "wave": "1", "source_row": [1, 2, 3, 4], "respondent_id": responses["respondent_id"],
            "disposition": ["analysed", "analysed", "speeder", "analysed"], "weight": [0.5, 2.25, None, 1.0],
            "tier": ["high", "low", None, None], "place": ["village", "town", "town", None],
            "who__городские": [0, 1, 1, None], "who__сельские": [1, 0, 0, None], "place_known": [1, 1, 1, None],
        }
    )  # fmt: skip
    return responses, respondents


def written(folder: Path, text: str = TEXT, language: str = "en", **read: Any) -> tuple[pd.DataFrame, Any]:
    write_spss(folder / "r.sav", study(text), "1", *rows(), language=language)
    return pyreadstat.read_sav(folder / "r.sav", **read)


def study(text: str) -> Study:
    return study_from_text(text).study


def column(frame: pd.DataFrame, name: str) -> list[float | None]:
    """Values of respondents 2, 4 and 1, by their weights."""
    by_weight = frame.set_index("weight")[name]
    return [None if np.isnan(by_weight[w]) else float(by_weight[w]) for w in (2.25, 1.0, 0.5)]


def test_answers_are_codes_in_the_order_of_the_study_file(tmp_path: Path):
    frame, meta = written(tmp_path, user_missing=True)
    assert column(frame, "with_") == [2, None, 1]
    assert column(frame, "place") == [1, None, 2]
    assert column(frame, "habit__tea") == [-1, -2, 2]
    assert column(frame, "habit__coffee") == [None, 2, 1]
    assert column(frame, "teams__sales") == [0, None, 1]
    assert column(frame, "age") == [None, 0, 41.5]
    assert column(frame, "said") == [None, None, 1]
    assert meta.variable_value_labels["habit__tea"] == {
        1: "Never", 2: "Daily", -1: "Don't know", -2: "No answer"
    }  # fmt: skip
    assert meta.variable_value_labels["teams__sales"] == {0: "No", 1: "Yes"}
    assert meta.missing_ranges["habit__tea"] == [{"lo": -2, "hi": -1}]
    assert "with_" not in meta.missing_ranges


def test_answers_without_content_are_missing_to_spss(tmp_path: Path):
    frame, _ = written(tmp_path)
    assert column(frame, "habit__tea") == [None, None, 2]


def test_tier_segments_and_indicators_stand_beside_the_answers(tmp_path: Path):
    frame, meta = written(tmp_path)
    assert column(frame, "tier") == [1, None, 2]
    assert column(frame, "seg_place") == [1, None, 2]
    assert column(frame, "ind_place_known") == [1, None, 1]
    assert meta.variable_value_labels["tier"] == {1: "low respondents", 2: "high respondents"}
    # Levels in Cyrillic have no letters for a name; the labels tell them apart.
    by_label = {meta.column_names_to_labels[name]: column(frame, name) for name in frame if name.startswith("seg_who")}
    assert by_label == {"who: Городские": [1, None, 0], "who: Сельские": [0, None, 1]}
    measures = meta.variable_measure
    assert [measures[n] for n in ("place", "tier", "habit__tea", "age", "weight", "teams__sales")] == [
        "nominal", "ordinal", "ordinal", "scale", "scale", "nominal",
    ]  # fmt: skip


def test_nothing_names_a_person_or_tells_the_order_of_the_delivery(tmp_path: Path):
    frame, meta = written(tmp_path)
    assert b"secret" not in (tmp_path / "r.sav").read_bytes()
    assert frame["respondent"].tolist() == [1, 2, 3]
    assert frame["weight"].tolist() == [0.5, 1.0, 2.25]  # by what rows hold; delivered were 0.5, 2.25, 1
    assert not {"source_row", "respondent_id", "started_at", "duration_seconds"} & set(meta.column_names)
    keyed, _ = written(tmp_path, TEXT.replace("{id: Id}", "{id: Id, pseudonymise: true}"))
    assert keyed["respondent"].tolist() == ["secret-1", "secret-2", "secret-4"]  # in a study, a hash by then


def test_made_data_say_so(tmp_path: Path):
    _, meta = written(tmp_path)
    assert meta.file_label.startswith("SYNTHETIC, 1: Made-up study")
    assert meta.notes[0] == "SYNTHETIC data, made and not collected."
    _, meta = written(tmp_path, TEXT.replace("synthetic: true\n", ""))
    assert "SYNTHETIC" not in meta.file_label + " ".join(meta.notes)


def test_labels_keep_to_the_limits_of_the_format_in_bytes(tmp_path: Path):
    _, meta = written(tmp_path)
    tea, coffee = (meta.column_names_to_labels[f"habit__{row}"] for row in ("tea", "coffee"))
    assert tea.startswith("Насколько вы согласны с тем, что очень")
    assert tea.endswith("… - Tea")
    assert coffee.endswith("… - Coffee")
    assert 250 <= len(tea.encode()) <= 256
    no = meta.variable_value_labels["with_"][2]
    assert no.startswith("Nein Nein")
    assert no.endswith("…")
    assert len(no.encode()) <= 120
    assert meta.column_names_to_labels["with_"] == "=2+3"
    assert meta.variable_value_labels["with_"][1] == "<b>Yes</b>"


@pytest.mark.parametrize("most", range(3, 20))
def test_a_text_is_cut_between_characters(most: int):
    text = cut("абвгд 🙂🙂 xyz", most)
    assert len(text.encode()) <= most
    assert "\ufffd" not in text
    assert text.endswith("…")
    assert text.rstrip("…").rstrip() in "абвгд 🙂🙂 xyz"


def test_labels_are_in_the_language_asked_for(tmp_path: Path):
    _, meta = written(tmp_path, language="ru")
    assert meta.variable_value_labels["habit__tea"][1] == "Никогда"
    assert meta.variable_value_labels["teams__sales"] == {0: "Нет", 1: "Да"}
    assert meta.column_names_to_labels["weight"] == "Вес"


def test_names_that_differ_to_nobody_are_numbered(tmp_path: Path):
    """`seg_x` is a question here and the name of segment x; options differ in more than 64 characters."""
    long = "o" * 59
    text = TEXT.replace(
        "questions:\n",
        f"questions:\n  seg_place: {{type: text, text: 'Q'}}\n  {'q' * 60}:\n    type: multiple\n    text: R\n"
        f"    options: {{{long}a: A, {long}b: B}}\n",
    )
    responses, respondents = rows()
    responses = responses.assign(
        seg_place=[1, 1, 1, 1], **{f"{'q' * 60}__{long}a": [1, 1, 1, 1], f"{'q' * 60}__{long}b": [0, 0, 0, 0]}
    )
    write_spss(tmp_path / "r.sav", study(text), "1", responses, respondents)
    frame, meta = pyreadstat.read_sav(tmp_path / "r.sav")
    assert max(len(name.encode()) for name in frame) == 64
    assert column(frame, "seg_place") == [1, None, 2]
    assert column(frame, "seg_place_2") == [1, 1, 1]
    ticks = {meta.column_names_to_labels[name]: column(frame, name) for name in frame if name.startswith("qqq")}
    assert ticks == {"R - A": [1, 1, 1], "R - B": [0, 0, 0]}


def test_a_wave_without_analysed_respondents_has_no_file(tmp_path: Path):
    responses, respondents = rows()
    with pytest.raises(SurveyError, match="no analysed respondents"):
        write_spss(tmp_path / "r.sav", study(TEXT), "1", responses, respondents.assign(disposition="speeder"))
    assert not (tmp_path / "r.sav").exists()


def test_records_are_not_released_beside_a_privacy_limit():
    limited = TEXT + "display: {privacy_below: 5, release_respondents: true}\n"
    with pytest.raises(SurveyError, match="records tell small counts"):
        study(limited)
    assert study(TEXT + "display: {release_respondents: true}\n").display.release_respondents
    assert not study(TEXT).display.release_respondents
