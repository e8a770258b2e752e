"""The command as analysts meet it: documented, with exit codes that mean something, errors without tracebacks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.settings import Home
from tests.homes import make_home
from tests.small import STUDY_FILE, small_delivery

STUDY = "small"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    file = tmp_path / f"{STUDY}.yaml"
    file.write_text(STUDY_FILE)
    monkeypatch.setenv("SURVEY_HOME", str(tmp_path / "home"))
    return make_home(tmp_path / "home", file)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(small_delivery())
    return path


def survey(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    """Runs the command in this process: exit code, standard output, standard error."""
    monkeypatch.setattr(sys, "argv", ["survey", *arguments])
    code: object = 0
    try:
        cli.main()
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return int(code or 0), out, err  # type: ignore[call-overload]


NAMES = list(cli.app.commands)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_with_an_example(name: str, monkeypatch, capsys):
    code, out, _ = survey(monkeypatch, capsys, name, "--help")
    assert code == 0
    assert f"Example: survey {name}" in " ".join(out.split())


@pytest.mark.parametrize("port", ["0", "-1", "65536", "many"])
def test_a_port_that_is_none_is_refused(port: str, monkeypatch, capsys):
    code, _, err = survey(monkeypatch, capsys, "ui", "--port", port)
    assert code == 2
    assert "--port" in err


def test_a_delivery_is_added_checked_run_and_queried(home: Home, export: Path, monkeypatch, capsys):
    def ask(*arguments: str) -> tuple[int, str, str]:
        return survey(monkeypatch, capsys, *arguments)

    assert ask("waves", STUDY)[0] == 0
    code, out, _ = ask("add", STUDY, "2021", str(export))
    assert code == 0
    assert "plain" in out
    assert "4 columns" in out
    assert "is there already" in ask("add", STUDY, "2021", str(export))[1]
    assert ask("check", STUDY)[0] == 0
    code, out, err = ask("run", STUDY)
    assert (code, out) == (0, "")
    assert "Published 2021" in err
    code, out, err = ask("findings", STUDY, "--json")
    rows = json.loads(out)
    assert (code, err) == (0, "")
    # 30 of 40 users and 15 of 60 others are content: 75% against 25%
    assert [(r["x_a"], r["n_a"], r["x_b"], r["n_b"], r["ratio"]) for r in rows] == [(30, 40, 15, 60, 3.0)]
    assert "3.0 times as likely" in ask("findings", STUDY, "--sentences")[1]
    code, out, _ = ask("query", STUDY, "SELECT tier, x FROM tiers ORDER BY tier", "--json")
    assert json.loads(out) == [{"tier": "others", "x": 60}, {"tier": "users", "x": 40}]
    waves = json.loads(ask("waves", STUDY, "--json")[1])
    assert [(w["wave"], w["status"], w["delivered"], w["analysed"]) for w in waves] == [("2021", "admitted", 100, 100)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM findings",
        "DROP TABLE findings",
        "COPY findings TO 'stolen.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "ATTACH 'other.duckdb'",
        "SET enable_external_access = true",
        "SELEC 1",
    ],
)
def test_a_query_reads_the_published_tables_and_nothing_else(sql: str, home: Home, monkeypatch, capsys):
    import duckdb

    home.database(STUDY).parent.mkdir(parents=True)
    with duckdb.connect(str(home.database(STUDY))) as con:
        con.execute("CREATE TABLE findings AS SELECT 1 AS x")
    code, out, err = survey(monkeypatch, capsys, "query", STUDY, sql)
    assert (code, out) == (2, "")
    assert err
    with duckdb.connect(str(home.database(STUDY)), read_only=True) as con:
        assert con.execute("SELECT x FROM findings").fetchall() == [(1,)]
    assert not list(home.root.glob("*.csv"))


def test_an_unknown_study_names_the_nearest(home: Home, monkeypatch, capsys):
    code, _, err = survey(monkeypatch, capsys, "run", "smal")
    assert code == 2
    assert "nearest: small" in err


@pytest.mark.parametrize("wave", ["../../etc", "a/b", "", ".hidden", "a..b", "x" * 65, "2021 spring"])
def test_a_wave_name_that_is_no_folder_of_its_own_is_refused(wave: str, home: Home, export: Path, monkeypatch, capsys):
    code, _, err = survey(monkeypatch, capsys, "add", STUDY, wave, str(export))
    assert code == 2
    assert "is not a wave name" in err
    assert not home.raw(STUDY).exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"Id,Do you use it?\n", "no answers"), ("Id,Größe\n".encode() + b"1,Caf\xe9\n", "UTF-8"),
     (b"PK\x03\x04\x00\x00", "not a text file"), (b"Id,A\n1,2\n3", "cut short")],
)  # fmt: skip
def test_a_bad_delivery_is_refused_and_nothing_is_changed(
    content: bytes, said: str, home: Home, export: Path, monkeypatch, capsys
):
    survey(monkeypatch, capsys, "add", STUDY, "2021", str(export))
    before = {path: path.read_bytes() for path in home.raw(STUDY).rglob("*") if path.is_file()}
    export.write_bytes(content)
    code, _, err = survey(monkeypatch, capsys, "add", STUDY, "2021", str(export))
    assert code == 2
    assert said in err
    assert str(export) in err
    assert {path: path.read_bytes() for path in home.raw(STUDY).rglob("*") if path.is_file()} == before


def test_a_missing_file_is_said(home: Home, monkeypatch, capsys):
    code, _, err = survey(monkeypatch, capsys, "add", STUDY, "2021", "nowhere.csv")
    assert code == 2
    assert "nowhere.csv" in err


def test_a_corrected_delivery_sets_the_former_aside(home: Home, export: Path, monkeypatch, capsys):
    survey(monkeypatch, capsys, "add", STUDY, "2021", str(export))
    former = export.read_bytes()
    export.write_text(small_delivery().replace("P7,Yes", "P7,No"))
    code, out, _ = survey(monkeypatch, capsys, "add", STUDY, "2021", str(export))
    assert code == 0
    assert "set aside: export.csv" in out
    aside = list((home.raw(STUDY) / "2021" / ".superseded").rglob("export.csv"))
    assert [path.read_bytes() for path in aside] == [former]


def test_check_says_no_where_the_data_do(home: Home, export: Path, monkeypatch, capsys):
    export.write_text(small_delivery().replace("P7,Yes", "P7,Yess"))
    survey(monkeypatch, capsys, "add", STUDY, "2021", str(export))
    code, out, err = survey(monkeypatch, capsys, "check", STUDY)
    assert code == 1
    assert '"Yess" (1 time' in out
    assert 'nearest option: "Yes"' in out
    assert not home.processed(STUDY).exists()
    assert 'user (column "Do you use it?"): answer' in out
    assert "1 respondent without a tier" in out
    assert "1 error, 1 warning" in err


def test_two_files_in_a_wave_folder_are_an_error_unless_listed(home: Home, export: Path, monkeypatch, capsys):
    survey(monkeypatch, capsys, "add", STUDY, "2021", str(export))
    (home.raw(STUDY) / "2021" / "second.csv").write_text(small_delivery())
    code, out, _ = survey(monkeypatch, capsys, "check", STUDY)
    assert code == 1
    assert "holds several data files" in out
    assert "export.csv, second.csv" in out


def test_a_study_file_with_a_typo_is_told_with_its_line(home: Home, monkeypatch, capsys):
    file = home.study_file(STUDY)
    file.write_text(file.read_text().replace("indicators:", "indicatrs:"))
    code, _, err = survey(monkeypatch, capsys, "check", STUDY)
    assert code == 2
    assert "small.yaml, line 10" in err
    assert "nearest: indicators" in err


def test_ctrl_c_is_neither_a_verdict_nor_wrong_use(home: Home, monkeypatch, capsys):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.checking.check.remarks", interrupted)
    code, out, err = survey(monkeypatch, capsys, "check", STUDY)
    assert (code, out) == (130, "")
    assert "Traceback" not in err


def test_output_that_nobody_reads_to_its_end_is_no_failure():
    command = [sys.executable, "-m", "pipeline.cli", "schema"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == ("", 0)
