"""Claims from the study file to the database: the check, the errata and the alert of a verdict that changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.alerts import read_alerts
from pipeline.reading import rows_of
from pipeline.settings import Home
from tests.homes import make_home, survey
from tests.small import STUDY_FILE, small_delivery

STUDY = "small"
CLAIMS = """\
- {id: twice, says: "Users are more than twice as likely to be content", indicator: is_content, comparison: use, more_than: 2, must_hold: true}
- {id: share, says: "75% of users are content", indicator: is_content, group: users, printed: "75%", n: 40}
- {id: grew, says: "More are content than before", statistic: change, indicator: is_content, before: "1", wave: "2", more_than: 0}
- {id: all, says: "Figure 1", rows: [is_content], columns: [users, others, everyone], printed: [[75, 25, 45]]}
- {id: later, says: "To be asked", not_checkable: not asked yet}
"""  # noqa: E501


def claims(home: Home) -> dict[tuple[str, str], dict[str, object]]:
    return {(row["wave"], row["claim"]): row for row in rows_of(home, STUDY, "SELECT * FROM claims")[1]}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    study = tmp_path / "made" / f"{STUDY}.yaml"
    study.parent.mkdir()
    study.write_text(STUDY_FILE + f"claims: {STUDY}.claims.yaml\n")
    (study.parent / f"{STUDY}.claims.yaml").write_text(CLAIMS)
    made = make_home(tmp_path / "home", study)
    deliver(made, "1", small_delivery())
    survey(made, "run", STUDY)
    return made


def deliver(home: Home, wave: str, text: str) -> None:
    (home.raw(STUDY) / wave).mkdir(parents=True, exist_ok=True)
    (home.raw(STUDY) / wave / "export.csv").write_text(text)


def turned(text: str) -> str:
    """The same people, users and others answering as the other half did."""
    head, *lines = text.splitlines()
    swapped = [line.replace(",Yes,Yes,", ",Yes,no,").replace(",Yes,No,", ",Yes,Yes,").replace(",Yes,no,", ",Yes,No,")
               for line in lines]  # fmt: skip
    return "\n".join([head, *swapped]) + "\n"


def test_claims_are_audited_told_and_published(home: Home):
    """30 of 40 against 15 of 60: a ratio of 3, whose lower limit is under 2; the limits are those of the finding."""
    rows = claims(home)
    twice = rows["1", "twice"]
    assert (twice["x_a"], twice["n_a"], twice["x_b"], twice["n_b"]) == (30, 40, 15, 60)
    assert twice["observed"] == pytest.approx(3.0)
    assert (twice["verdict"], twice["direction"], twice["reproduction"]) == ("consistent", "same", "no figure")
    finding = rows_of(home, STUDY, "SELECT * FROM findings WHERE segment = 'all' AND indicator = 'is_content'")[1][0]
    assert (twice["low"], twice["high"]) == (finding["ratio_low"], finding["ratio_high"])
    share = rows_of(home, STUDY, "SELECT * FROM shares WHERE level = 'users'")[1][0]
    assert (rows["1", "share"]["low"], rows["1", "share"]["high"]) == (share["share_low"], share["share_high"])
    assert rows["1", "later"]["verdict"] == "not checkable"
    assert {name for wave, name in rows if wave == "1"} == {
        "twice", "share", "all[is_content, users]", "all[is_content, others]", "all[is_content, everyone]", "later",
    }  # fmt: skip
    assert {row["reproduction"] for (_, name), row in rows.items() if name.startswith("all[")} == {"reproduced"}
    told = survey(home, "claims", STUDY).stdout
    assert "twice" in told
    assert "consistent" in told
    assert json.loads(survey(home, "claims", STUDY, "--json").stdout)[0]["wave"] == "1"
    assert "No claims: 5 in the study file, none with a problem." in survey(home, "claims", STUDY, "--problems").stdout


def test_a_corrected_wave_that_turns_a_verdict_goes_to_the_errata_and_is_told_once(home: Home):
    deliver(home, "1", turned(small_delivery()))
    result = survey(home, "run", STUDY)
    assert "twice must hold and is contradicted" in result.stdout + result.stderr
    assert claims(home)["1", "twice"]["verdict"] == "contradicted"
    errata = rows_of(home, STUDY, "SELECT * FROM errata WHERE table_name = 'claims' AND figure = 'verdict'")[1]
    changed = {row["row"]: row for row in errata}
    assert (changed["twice"]["old_word"], changed["twice"]["new_word"]) == ("consistent", "contradicted")
    assert changed["twice"]["cause"] == "corrected delivery"
    told = [a for a in read_alerts(home, STUDY) if a.kind == "verdict"]
    assert len(told) == 1
    assert "twice was consistent and is contradicted" in told[0].headline
    survey(home, "run", STUDY)
    assert len([a for a in read_alerts(home, STUDY) if a.kind == "verdict"]) == 1
    assert survey(home, "claims", STUDY, expect=1).stdout.count("contradicted") >= 1


def test_a_change_is_held_against_the_earlier_wave(home: Home):
    """45 of 100, then 55 of 100 of the same people, of whom 30 + 10 answer alike."""
    deliver(home, "2", turned(small_delivery()))
    survey(home, "run", STUDY)
    row = claims(home)["2", "grew"]
    trend = rows_of(
        home, STUDY, "SELECT * FROM trends WHERE measure = 'indicator' AND segment = 'all' AND name = 'is_content'"
    )[1][0]
    assert (row["observed"], row["low"], row["high"]) == (trend["change"], trend["change_low"], trend["change_high"])
    assert row["note"] == "from wave 1"


def test_a_changed_claim_is_audited_anew_without_its_wave(home: Home):
    before = rows_of(home, STUDY, "SELECT version FROM waves")[1]
    text = CLAIMS.replace("more_than: 2,", "more_than: 1.5,")
    (home.studies / f"{STUDY}.claims.yaml").write_text(text)
    survey(home, "run", STUDY)
    assert claims(home)["1", "twice"]["verdict"] == "supported"
    errata = rows_of(home, STUDY, "SELECT * FROM errata WHERE table_name = 'claims' AND figure = 'verdict'")[1]
    assert [(row["row"], row["new_word"]) for row in errata] == [("twice", "supported")]
    assert before


def declared(home: Home, *records: dict[str, object]) -> None:
    (home.studies / f"{STUDY}.claims.yaml").write_text(json.dumps([{"says": "x", **record} for record in records]))


def test_a_base_that_changed_between_editions_is_named(home: Home):
    """Of 100, 20 are content, 20 are not, 60 don't answer: 50% of those who answered, 20% of everyone, after 45%."""
    head, *lines = small_delivery().splitlines()
    answers = ["Yes"] * 20 + ["No"] * 20 + [""] * 60
    cut = [
        ",".join([*line.split(",")[:2], answer, line.split(",")[3]])
        for line, answer in zip(lines, answers, strict=True)
    ]
    deliver(home, "2", "\n".join([head, *cut]) + "\n")
    change = {"statistic": "change", "indicator": "is_content", "before": "1", "wave": "2"}
    declared(home, {"id": "sound", "printed": "5 points", **change}, {"id": "mixed", "printed": "-25 points", **change})
    survey(home, "run", STUDY)
    rows = claims(home)
    assert rows["2", "sound"]["observed"] == pytest.approx(0.05)
    assert rows["2", "sound"]["reproduction"] == "reproduced"
    assert rows["2", "mixed"]["reproduction"] == "reproduced under another base"
    assert rows["2", "mixed"]["kinds"] == "base"
    base = "the base changed: 100% of the analysed in 1, 40% then"
    assert {(row["verdict"], row["reason"]) for (wave, _), row in rows.items() if wave == "2"} == {
        ("not checkable", base)
    }
    assert "base everyone, in wave 1 answered: -0.25" in str(rows["2", "mixed"]["explanation"])


def test_a_third_as_likely_is_not_a_third_less_likely(home: Home):
    """15 of 60 against 30 of 40: a third as likely, which is two thirds less."""
    about = {"indicator": "is_content", "group": {"tier": ["others"]}, "against": {"tier": ["users"]}}
    printed = {"as": "a third as likely", "less": "1/3 less likely", "two": "two thirds less likely"}
    declared(home, *({"id": name, "printed": text, **about} for name, text in printed.items()))
    survey(home, "run", STUDY)
    rows = claims(home)
    assert {name: row["reproduction"] for (_, name), row in rows.items()} == {
        "as": "reproduced", "less": "not reproduced", "two": "reproduced",
    }  # fmt: skip
    assert "unit" in str(rows["1", "less"]["kinds"])
