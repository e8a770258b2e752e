"""The bundled waves: written as the platform writes, the same each time, and true to what was planted."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from pipeline.errors import StudyFileError, SurveyError
from pipeline.study.loading import load_study, study_from_text
from pipeline.synthetic import make_waves, read_planted
from tests.homes import STUDIES

STUDY = STUDIES / "social-maturity.yaml"
PLANTED = STUDIES / "social-maturity.planted.yaml"
DIMENSIONS = ["attribution", "journey", "crm", "advocacy", "paid", "training"]
POINTS = {"Never": 0.0, "Rarely": 100 / 3, "Sometimes": 200 / 3, "Frequently": 100.0}


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_waves(load_study(STUDY), read_planted(PLANTED), tmp_path_factory.mktemp("waves"))


def head(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        return [next(reader) for _ in range(3)]


def table(path: Path) -> pd.DataFrame:
    """The answers under their question texts, metadata under their names; as text, no answer ""."""
    names, texts, _ = head(path)
    frame = pd.read_csv(path, skiprows=3, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    metadata = names.index("Q_RecaptchaScore") + 1
    frame.columns = names[:metadata] + texts[metadata:]
    return frame


def valid(path: Path) -> pd.DataFrame:
    """Records without a flaw, told by hand: no status, full progress, human, slow enough, attentive, first of an id."""
    frame = table(path)
    ok = (frame["Status"] == "IP Address") & (frame["Progress"] == "100")
    ok &= frame["Q_RecaptchaScore"].astype(float) >= 0.5
    ok &= frame["Duration (in seconds)"].astype(int) > 300
    ok &= frame["Do you agree to take part in this survey?"] == "Yes, I agree"
    ok &= frame["Are you involved in decisions about social media at your organisation?"] == "Yes"
    ok &= frame["To show that you are reading, please choose Sometimes here."] == "Sometimes"
    ok &= frame["ResponseId"] != "R_SYNTHETICEXCLUDED"
    budget = "What is the yearly budget for social, in thousands of dollars?"
    ok &= pd.to_numeric(frame[budget]).fillna(0) <= 1_000_000
    frame = frame[ok]
    items = frame[item_columns(frame)]
    frame = frame[items.nunique(axis=1) > 1]
    frame = frame.sort_values("StartDate", kind="stable").drop_duplicates("ResponseId")
    answers = list(frame.columns[list(frame.columns).index("Q_RecaptchaScore") + 1 :])
    return frame.drop_duplicates(answers)


def item_columns(frame: pd.DataFrame) -> list[str]:
    study = yaml.safe_load(STUDY.read_text())
    texts = [study["questions"][name]["text"] for name in DIMENSIONS]
    return [c for c in frame.columns if any(c.startswith(f"{text} - ") for text in texts)]


def mature(frame: pd.DataFrame) -> pd.Series:
    """Score of 70 and more, computed here from the printed texts."""
    study = yaml.safe_load(STUDY.read_text())
    scores = []
    for name in DIMENSIONS:
        columns = [c for c in frame.columns if c.startswith(study["questions"][name]["text"] + " - ")]
        assert len(columns) == 3
        scores.append(frame[columns].apply(lambda column: column.map(POINTS)).mean(axis=1))
    return sum(scores) / len(scores) >= 70 - 1e-6


def test_a_delivery_is_laid_out_as_qualtrics_does(waves: list[Path]):
    for path in waves:
        assert "SYNTHETIC" in path.name
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        names, texts, ids = head(path)
        assert len(names) == len(texts) == len(ids)
        assert names[:3] == ["StartDate", "EndDate", "Status"]
        assert all("ImportId" in json.loads(cell) for cell in ids)
        assert len({json.loads(cell)["ImportId"] for cell in ids}) == len(ids)


def test_waves_are_the_same_each_time(waves: list[Path], tmp_path: Path):
    again = make_waves(load_study(STUDY), read_planted(PLANTED), tmp_path)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in waves]


def test_first_wave_meets_the_calibration(waves: list[Path]):
    """Counted from the written file alone, against the calibration of the printed figures."""
    frame = valid(waves[0])
    top = mature(frame)
    assert (len(frame), int(top.sum())) == (2162, 412)
    ticks = frame["Which teams of your organisation use social?"]
    counted = {
        "customer_service": ticks.str.contains("Customer service"),
        "dept_pr": ticks.str.contains("PR, communications"),
        "sponsor": frame["Does your social programme have a sponsor among the executives?"] == "Yes",
        "listening": frame["How often does your organisation do the following on social?"
                           " - Listen to conversations about the brand"] == "Frequently",
        "differentiation": frame["How far do you agree with these statements?"
                                 " - Social differentiates our brand"].isin(["Strongly agree", "Agree"]),
    }  # fmt: skip
    expected = {"customer_service": (247, 438), "dept_pr": (330, 1062), "sponsor": (309, 262), "listening": (346, 368),
                "differentiation": (346, 1050)}  # fmt: skip
    assert {name: (int(yes[top].sum()), int(yes[~top].sum())) for name, yes in counted.items()} == expected


def test_later_waves_rename_an_option_ask_anew_and_change_the_order(waves: list[Path]):
    first, second = table(waves[0]), table(waves[1])
    size = "How many people work for your organisation?"
    assert "Greater than 10,000" in set(first[size])
    assert "More than 10,000" not in set(first[size])
    assert "More than 10,000" in set(second[size])
    new = "Does your team use artificial intelligence to write for social?"
    assert new not in first.columns
    assert (valid(waves[1])[new] != "").all()
    assert [c for c in second.columns if c in set(first.columns)] != list(first.columns)


def test_a_follow_up_is_asked_of_those_whom_it_concerns(waves: list[Path]):
    frame = valid(waves[0])
    benefits = [
        c for c in frame.columns if c.startswith("What has social brought to recruiting and HR? - Selected Choice - ")
    ]
    assert len(benefits) == 4
    asked = frame["Which teams of your organisation use social?"].str.contains("Recruiting and HR")
    assert (frame[benefits].ne("").any(axis=1) == asked).all()
    assert int(asked.sum()) == 190 + 402


def test_a_planted_file_with_both_counts_and_shares_is_refused(tmp_path: Path):
    path = tmp_path / "x.planted.yaml"
    path.write_text(
        PLANTED.read_text().replace("    seed: 20220207", "    seed: 20220207\n    counts: {sponsor: [1, 1]}")
    )
    with pytest.raises(StudyFileError, match="either `counts` or `shares`"):
        read_planted(path)


def test_a_study_that_is_not_synthetic_gets_no_made_data(tmp_path: Path):
    text = STUDY.read_text().replace("synthetic: true", "synthetic: false")
    with pytest.raises(SurveyError, match="no synthetic study"):
        make_waves(study_from_text(text, "real"), read_planted(PLANTED), tmp_path)
    assert list(tmp_path.iterdir()) == []
