"""How waves stand between runs: not run yet, changed since, added twice or under a name that nobody expects."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from assets import running
from assets.running import Outcome
from tests.cli.commands import Survey
from tests.cli.waves import ROWS, export
from tests.ingest.deliveries import COLUMNS, QUESTIONS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes(export())
    return path


def standing(survey: Survey) -> dict[str, tuple[str, bool]]:
    rows = json.loads(survey("waves", "tiny", "--json").out)
    return {row["wave"]: (row["status"], row["published"]) for row in rows}


def test_a_delivery_that_is_not_run_yet_or_changed_is_told(survey: Survey, file: Path):
    survey("add", "tiny", "2021", file)
    assert standing(survey) == {"2021": ("not run", False)}
    assert survey("run", "tiny").code == 0
    assert standing(survey) == {"2021": ("admitted", True)}
    assert survey("findings", "tiny").err == ""

    file.write_bytes(export(rows=ROWS[:3]))
    survey("add", "tiny", "2021", file)
    survey("add", "tiny", "2020", file)
    assert standing(survey) == {"2020": ("not run", False), "2021": ("changed since its last run", True)}
    shown = survey("waves", "tiny").out
    assert "survey run tiny --wave 2020" in shown
    assert shown.index("2020") < shown.index("2021")
    said = survey("findings", "tiny", "--json")
    assert json.loads(said.out)[0]["wave"] == "2021"
    assert said.err == (
        "wave 2020: not run: survey run tiny --wave 2020\n"
        "wave 2021: changed since its last run: survey run tiny --wave 2021\n"
    )


def test_a_second_file_is_a_change_and_so_is_its_removal(survey: Survey, home: Path, file: Path):
    survey("add", "tiny", "2021", file)
    survey("run", "tiny")
    second = home / "data" / "raw" / "tiny" / "2021" / "second.csv"
    second.write_bytes(export())
    assert standing(survey) == {"2021": ("changed since its last run", True)}
    said = survey("run", "tiny")
    assert said.code == 1
    assert said.err.count("holds several data files") == 1
    assert "\n1 of 1 wave failed; survey waves tiny shows what is published\n" in said.err
    assert standing(survey) == {"2021": ("quarantined", True)}
    second.unlink()
    assert standing(survey) == {"2021": ("changed since its last run", True)}


def test_the_same_bytes_as_another_wave_are_added_with_a_warning(survey: Survey, home: Path, file: Path):
    assert survey("add", "tiny", "2021", file).err == ""
    said = survey("add", "tiny", "2042", file)
    former = home / "data" / "raw" / "tiny" / "2021" / "export.csv"
    assert (said.code, said.err) == (
        0, f"warning: {former} holds the same bytes: is one of the two waves the wrong one?\n",
    )  # fmt: skip
    assert (home / "data" / "raw" / "tiny" / "2042" / "export.csv").is_file()
    file.write_bytes(export().replace(b"Just starting", b"just starting"))  # as long, and other bytes
    assert survey("add", "tiny", "2043", file).err == ""


def test_a_wave_that_the_study_file_does_not_list_is_added_with_a_warning(survey: Survey, home: Path, file: Path):
    text = QUESTIONS + COLUMNS["plain"] + "waves: {2021: {}, 2022: {}}\n"
    (home / "studies" / "tiny.yaml").write_text(text)
    line = text.count("\n")
    assert survey("add", "tiny", "2021", file).err == ""
    file.write_bytes(export(rows=ROWS[:3]))
    said = survey("add", "tiny", "2042", file)
    assert (said.code, said.err) == (
        0,
        f"warning: studies/tiny.yaml, line {line}: `waves` does not list 2042, but 2021, 2022: is the name right?\n",
    )


def test_an_error_of_several_waves_is_told_once_and_waves_are_counted_without_the_publication(
    survey: Survey, file: Path, monkeypatch: pytest.MonkeyPatch
):
    for wave in ("2021", "2022", "2023"):
        survey("add", "tiny", wave, file)

    def run(*outcomes: tuple[str | None, str]) -> str:
        told = [Outcome("run", wave, problem) for wave, problem in outcomes]
        monkeypatch.setattr(running, "run_study", lambda *arguments: told)
        said = survey("run", "tiny")
        assert (said.code, said.out) == (1, "")
        return said.err.lstrip()

    end = "; survey waves tiny shows what is published\n"
    assert run(("2021", "no\x1b[2J"), ("2022", "no\x1b[2J"), ("2023", "no\x1b[2J"), (None, "")) == (
        f"tiny, wave 2021, wave 2022, wave 2023 failed:\nno [2J\n3 of 3 waves failed{end}"
    )
    assert run(("2021", ""), ("2022", ""), ("2023", ""), (None, "full")) == (
        f"tiny, publication failed:\nfull\npublication failed{end}"
    )


def test_a_run_of_many_failed_checks_repeats_some_and_says_where_the_others_are(
    survey: Survey, home: Path, file: Path, monkeypatch: pytest.MonkeyPatch
):
    waves = [str(wave) for wave in range(2001, 2014)]
    for wave in waves:
        survey("add", "tiny", wave, file)
    (home / "data" / "processed").mkdir()
    with duckdb.connect(str(home / "data" / "processed" / "tiny.duckdb")) as con:
        con.execute("CREATE TABLE quality_checks AS SELECT (2000 + i)::VARCHAR AS wave, 'filled' AS check_name,"
                    " i > 13 AS passed, repeat('x', i * 20) AS measured FROM range(1, 20) AS r(i)")  # fmt: skip
    monkeypatch.setattr(running, "run_study", lambda *arguments: [Outcome("run", wave, "") for wave in (*waves, None)])
    said = survey("run", "tiny")
    lines = said.err.split("Published ")[1].splitlines()[1:]
    assert said.code == 0
    assert lines[0] == f"  warning: wave 2001, filled: {'x' * 20}"
    assert (len(lines[9]), lines[9][-4:]) == (160, "x...")
    assert lines[10:] == ["  3 more, and all at length: survey check tiny, or table quality_checks"]
