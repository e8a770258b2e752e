"""Places by the published shares, though fewer are asked the one than the other. By hand.

Of 640 people, 400 are asked `few`, of whom 320 say yes (80%); all are asked `all_of_them`, of whom 400 say yes (62.5%):
360 of the 400 and 40 of the others. On the common base the order would be the other way: 80% against 90%.
`nearly` is `all_of_them` without 16 who say no there: 60%, each respondent the same or less. 40 are asked `scarce`, of
whom 28 say yes (70%).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.reading import rows_of
from tests.homes import make_home, survey

STUDY = "ranks"
NAMES = ("few", "all_of_them", "nearly", "scarce")
PLACES = {
    "few": (("few", "all_of_them"), (1, 1, 1)),
    "all_of_them": (("few", "all_of_them"), (2, 2, 2)),
    "nearly": (("nearly", "all_of_them"), (2, 2, 2)),  # told apart by 16 to none, though the shares' intervals meet
    "scarce": (NAMES, (2, 1, 4)),  # Wilson's limits of 28 of 40 are 55% and 82%
    "first": (NAMES, (1, 1, 2)),
    "alone": (("few",), (1, 1, 1)),
}


def delivery() -> str:
    lines = [f"Id,{','.join(NAMES)}"]
    for i in range(640):
        asked_few, asked_scarce = i < 400, i >= 600
        everyone = i < 360 or 400 <= i < 440
        answers = (i % 5 > 0 if asked_few else None, everyone, everyone and i >= 16,
                   i < 628 if asked_scarce else None)  # fmt: skip
        lines.append(f"P{i},{','.join('' if a is None else 'Yes' if a else 'No' for a in answers)}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, object]]]:
    questions = "".join(f'  {n}: {{type: single, text: "{n}", options: {{"yes": "Yes", "no": "No"}}}}\n' for n in NAMES)
    indicators = "".join(f'  {n}: {{when: {{{n}: ["yes"]}}}}\n' for n in NAMES)
    claims = [{"id": name, "says": "x", "statistic": "rank", "indicator": "few" if name in ("first", "alone") else name,
               "among": list(among), "equal": place} for name, (among, (place, *_)) in PLACES.items()]  # fmt: skip
    file: Path = tmp_path_factory.mktemp("study") / f"{STUDY}.yaml"
    file.write_text(f'title: "Ranks"\nsample: {{type: opt_in, population: people}}\ncolumns: {{id: Id}}\n'
                    f"display: {{rule: base, suppress_below: 5, footnote_below: 50}}\nquestions:\n{questions}"
                    f"indicators:\n{indicators}claims: {json.dumps(claims)}\n")  # fmt: skip
    home = make_home(tmp_path_factory.mktemp("home"), file)
    home.raw(STUDY).joinpath("1").mkdir(parents=True)
    home.raw(STUDY).joinpath("1", "export.csv").write_text(delivery())
    survey(home, "run", STUDY)
    shares = rows_of(home, STUDY, "SELECT * FROM shares WHERE segment = 'all'")[1]
    return {
        "claims": {row["claim"]: row for row in rows_of(home, STUDY, "SELECT * FROM claims")[1]},
        "shares": {row["indicator"]: row for row in shares},
    }


def test_the_shares_are_those_of_the_example(tables: dict[str, dict[str, dict[str, object]]]):
    found = {name: (row["x"], row["n"]) for name, row in tables["shares"].items()}
    assert found == {"few": (320, 400), "all_of_them": (400, 640), "nearly": (384, 640), "scarce": (28, 40)}


@pytest.mark.parametrize("name", PLACES)
def test_place_by_the_published_shares(name: str, tables: dict[str, dict[str, dict[str, object]]]):
    row = tables["claims"][name]
    assert (row["observed"], row["low"], row["high"]) == PLACES[name][1]
    assert row["verdict"] == ("supported" if row["low"] == row["high"] else "consistent")


def test_the_status_is_that_of_the_smallest_base(tables: dict[str, dict[str, dict[str, object]]]):
    claims = tables["claims"]
    assert (claims["few"]["status"], claims["first"]["status"]) == ("show", "footnote")
    assert claims["first"]["status_reason"] == "low base: 40 under 50"
    assert "takes a place from 1 to 2 of 4 (n = 400, low base)." in str(claims["first"]["wording"])
    assert "takes place 1 of 2 (n = 400)." in str(claims["few"]["wording"])
