"""A published figure that changes is listed with what it was, what it is, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.reading import rows_of
from pipeline.settings import Home
from tests.homes import make_home, survey
from tests.small import STUDY_FILE, small_delivery

STUDY = "small"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    file = tmp_path / f"{STUDY}.yaml"
    file.write_text(STUDY_FILE)
    home = make_home(tmp_path / "home", file)
    run(home, small_delivery())
    return home


def run(home: Home, text: str, study: str | None = None) -> None:
    export = home.raw(STUDY) / "w" / "export.csv"
    export.parent.mkdir(parents=True, exist_ok=True)
    export.write_text(text)
    if study is not None:
        (home.studies / f"{STUDY}.yaml").write_text(study)
    survey(home, "run", STUDY)


def errata(home: Home) -> list[dict[str, Any]]:
    return rows_of(home, STUDY, "SELECT * FROM errata ORDER BY changed_at, table_name, row, figure")[1]


def test_a_corrected_delivery_is_the_cause_of_each_figure_that_changes(home: Home):
    assert errata(home) == []
    assert "P29,Yes,Yes," in small_delivery()
    run(home, small_delivery().replace("P29,Yes,Yes,", "P29,Yes,No,"))
    rows = {(row["table_name"], row["row"], row["figure"]): row for row in errata(home)}
    p_a = rows["findings", "is_content | use | all | all", "p_a"]
    assert (p_a["old"], p_a["new"]) == (30 / 40, 29 / 40)
    ratio = rows["findings", "is_content | use | all | all", "ratio"]
    assert (ratio["old"], ratio["new"]) == pytest.approx((0.75 / 0.25, 0.725 / 0.25))  # 3.0 and 2.9
    share = rows["shares", "is_content | all | all", "share"]
    assert (share["old"], share["new"]) == (0.45, 0.44)
    assert p_a["printed_changed"]
    assert ratio["printed_changed"]
    assert share["printed_changed"]
    assert {row["cause"] for row in rows.values()} == {"corrected delivery"}
    assert ("findings", "is_content | use | all | all", "p_b") not in rows  # nobody outside the users changed
    assert not any("village" in key[1] and key[0] == "shares" for key in rows)  # P29 lives in town
    published = rows_of(home, STUDY, "SELECT delivery FROM waves")[1]
    assert published == [{"delivery": 2}]


def test_a_study_file_that_moves_a_figure_is_the_cause_and_a_label_is_none(home: Home):
    run(home, small_delivery(), STUDY_FILE.replace("be content", "be happy"))
    assert errata(home) == []
    run(home, small_delivery(), STUDY_FILE.replace('{content: ["yes"]}', '{content: ["no"]}'))
    rows = errata(home)
    assert {row["cause"] for row in rows} == {"study file changed"}
    (share,) = [row for row in rows if (row["table_name"], row["row"]) == ("shares", "is_content | all | all")]
    assert (share["old"], share["new"]) == (0.45, 0.55)
    assert rows_of(home, STUDY, "SELECT delivery FROM waves")[1] == [{"delivery": 1}]
