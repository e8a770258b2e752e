"""What is printed of a published study: valid JSON alone on standard output, and nothing but the study's own tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import Survey, everything
from tests.cli.waves import WAVES


@pytest.mark.parametrize(
    "arguments",
    [
        ("findings", "tiny"), ("findings", "tiny", "--segments", "--wave", "padded"), ("waves", "tiny"),
        ("check", "tiny"),
        ("query", "tiny", "SELECT * FROM toplines"), ("query", "tiny", "SELECT 1 AS a, 2 AS a, NULL AS b"),
        ("query", "tiny", "SELECT 'Infinity'::DOUBLE AS a, 'NaN'::DOUBLE AS b, DATE '2021-02-01' AS c"),
        ("query", "tiny", "SELECT [1, 2] AS a, {'b': 1.5} AS b, 12::HUGEINT AS c, 'x'::BLOB AS d"),
        ("query", "tiny", "SELECT * FROM findings WHERE FALSE"), ("query", "tiny", ""),
    ],
)  # fmt: skip
def test_json_is_all_there_is_on_standard_output(ran: Survey, arguments: tuple[str, ...]):
    said = ran(*arguments, "--json")
    assert isinstance(json.loads(said.out), list)
    assert said.code == (1 if arguments[0] == "check" else 0)


def test_json_keeps_numbers_lists_and_repeated_names(ran: Survey):
    sql = "SELECT 1 AS a, 2 AS a, 3 AS a_2, 1.5 AS b, [1, 2] AS c, {'d': NULL} AS e, 'Infinity'::DOUBLE AS f"
    assert json.loads(ran("query", "tiny", sql, "--json").out) == [
        {"a": 1, "a_3": 2, "a_2": 3, "b": 1.5, "c": [1, 2], "e": {"d": None}, "f": "Infinity"}
    ]


def test_the_schema_is_valid_json(survey: Survey):
    assert json.loads(survey("schema").out)["title"] == "Study file"


def test_findings_are_those_of_hand_counts(ran: Survey):
    """Of the two users one takes e-mail with newsletters, of the two others nobody."""
    row = json.loads(ran("findings", "tiny", "--wave", "padded", "--json").out)[0]
    assert [row[name] for name in ("x_a", "n_a", "x_b", "n_b", "ratio")] == [1, 2, 0, 2, "Infinity"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--wave", "paded"), 'there is no "paded"'), (("--wave", "short"), 'there is no "short"'),
        (("--comparison", "user"), 'there is no "user"\n  found: use\n  nearest: use'),
    ],
)  # fmt: skip
def test_a_wave_or_comparison_that_is_not_published_is_wrong_use(ran: Survey, arguments: tuple[str, ...], said: str):
    result = ran("findings", "tiny", *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


FORBIDDEN = [
    "COPY findings TO '{home}/stolen.csv'", "COPY (SELECT 1) TO '{home}/stolen.parquet' (FORMAT parquet)",
    "EXPORT DATABASE '{home}/stolen'", "SELECT * FROM read_csv('{home}/studies/tiny.yaml')",
    "SELECT * FROM read_text('{home}/studies/tiny.yaml')", "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('/*')", "SELECT * FROM '/etc/passwd'", "SELECT * FROM '{home}/data/raw/tiny/padded/export.csv'",
    "ATTACH '{home}/stolen.duckdb'", "ATTACH ':memory:' AS other", "INSTALL httpfs", "LOAD '{home}/x.duckdb_extension'",
    "SET enable_external_access = true", "RESET enable_external_access", "SET temp_directory = '{home}/stolen'",
    "PRAGMA enable_profiling; SET profiling_output = '{home}/stolen'", "CREATE SECRET s (TYPE s3)",
    "CREATE TABLE x AS SELECT 1", "INSERT INTO findings SELECT * FROM findings", "UPDATE waves SET published = FALSE",
    "DELETE FROM waves", "DROP VIEW respondents", "ALTER TABLE findings ADD COLUMN x INTEGER",
    "SELECT 1; DROP TABLE findings", "SELECT * FROM home", "SELECT * FROM no_such_table", "SELEC",
    "SELECT getenv('HOME')",
]  # fmt: skip


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_a_query_can_neither_write_nor_look_outside_the_database(ran: Survey, run_once: tuple[Path, str], sql: str):
    home = run_once[0]
    before = everything(home / "data" / "processed").keys()
    result = ran("query", "tiny", sql.format(home=home))
    assert (result.code, result.out) == (2, "")
    assert result.err
    assert everything(home / "data" / "processed").keys() == before
    assert not list(home.glob("stolen*"))


def test_names_and_values_reach_the_terminal_without_markup_and_control_characters(ran: Survey):
    said = ran("query", "tiny", 'SELECT chr(27) || \'[31mred\' AS "[/x]", 2 AS "[bold]two", 3 AS "\x1b[2J"').out
    assert "[/x]" in said
    assert "[bold]two" in said
    assert "\x1b" not in said


def test_a_damaged_database_is_said_with_what_to_do(survey: Survey, home: Path):
    (home / "data" / "processed").mkdir(parents=True)
    (home / "data" / "processed" / "tiny.duckdb").write_bytes(b"no database" * 1000)
    result = survey("query", "tiny", "SELECT 1")
    assert (result.code, result.out) == (2, "")
    assert "cannot be opened" in result.err
    assert "do: survey run tiny" in result.err


def test_a_study_that_is_not_published_is_said_with_what_to_do(survey: Survey):
    for arguments in (("query", "tiny", "SELECT 1"), ("findings", "tiny")):
        result = survey(*arguments)
        assert (result.code, result.out) == (2, "")
        assert "is not published yet\n  do: survey run tiny" in result.err


# -- survey check on the same waves


def test_check_finds_what_a_run_would_stumble_over(ran: Survey):
    remarks = json.loads(ran("check", "tiny", "--json").out)
    errors = {r["where"].removeprefix("wave "): r["what"] for r in remarks if r["weight"] == "error"}
    assert set(errors) == {name for name, wave in WAVES.items() if wave.problem}
    assert errors["unknown-needed"].startswith(
        'use (column "Do you use it?"): answer "Perhaps" (1 time) is not in the option list'
    )
    assert errors["missing-needed"] == "no column for use, and screening, score, tiers or weights need it"
    assert errors["only-padding"] == "no record holds an answer to a declared question"
    for name in ("twice", "short"):
        assert WAVES[name].problem in errors[name]


def test_check_warns_of_what_does_not_keep_a_wave_from_publication(ran: Survey):
    remarks = json.loads(ran("check", "tiny", "--json").out)
    warned = {(r["where"], r["what"]) for r in remarks if r["weight"] == "warning"}
    stage = 'stage (column "Which stage, roughly, are you at?")'
    assert ("wave unknown-minor", f'{stage}: answer "Nowhere" (1 time) is not in the option list') in warned
    assert ("wave unknown-minor", "no column for trust.us") in warned
    assert ("wave unknown-minor", "no column for staff") in warned


def test_check_writes_nothing(ran: Survey, run_once: tuple[Path, str]):
    before = everything(run_once[0])
    ran("check", "tiny")
    assert everything(run_once[0]) == before
