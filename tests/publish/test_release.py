"""What leaves the house, and the way back from a finding to the export."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from frictionless import Package, validate

from pipeline.publish.package import csv_cell
from pipeline.reading import rows_of
from pipeline.settings import Home
from tests.homes import make_home, survey

STUDY = "small"
FORMULAS = ("'=", "'+", "'-", "'@")
TEXT = """\
title: "Small study"
sample: {type: opt_in, population: people}
columns: {id: Id}
questions:
  user: {type: single, text: "Do you use it?", options: {"yes": "Yes", "no": "No"}}
  content: {type: single, text: "Are you content?", options: {"yes": "Yes", "no": "No"}}
  place:
    type: single
    text: "Where do you live?"
    options: {town: "Town", village: "Village", isle: "=Isle(1)"}
tiers: {order: [others, users], answers: {others: {user: ["no"]}, users: {user: ["yes"]}}}
segments: {place: {question: place}}
indicators:
  is_content: {when: {content: ["yes"]}, label: "be content"}
  on_isle: {when: {place: [isle]}, label: "live on the isle"}
comparisons: {use: {a: {tier: [users]}, b: rest}}
display: {suppress_below: 1, footnote_below: 1, rule: base, privacy_below: 5}
cleaning: [{rule: excluded, ids: {P199: "=cmd: asked to be removed"}}]
disclosure: {sponsor: "Nobody", mode: "web"}
"""


def delivery() -> str:
    """80 users of whom 60 content, 119 others of whom 30; 3 people live on the isle; P199 is excluded."""
    lines = ["Id,Do you use it?,Are you content?,Where do you live?"]
    for i in range(200):
        place = "=Isle(1)" if i in (5, 90, 150) else "Town" if i % 2 else "Village"
        lines.append(f"P{i},{'Yes' if i < 80 else 'No'},{'Yes' if i < 60 or 80 <= i < 110 else 'No'},{place}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    """The home, and the folder of its first release."""
    source = tmp_path_factory.mktemp("study") / f"{STUDY}.yaml"
    source.write_text(TEXT)
    home = make_home(tmp_path_factory.mktemp("home"), source)
    folder = home.raw(STUDY) / "1"
    folder.mkdir(parents=True)
    (folder / "export.csv").write_text(delivery())
    survey(home, "run", STUDY)
    said = survey(home, "release", STUDY, "1").stdout
    return home, Path(said.strip().removeprefix("Released: "))


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    found = duckdb.sql(f"SELECT * FROM read_parquet('{folder / 'data' / table}.parquet')")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_small_counts_are_absent_from_every_file(published: tuple[Home, Path]):
    folder = published[1]
    options = {
        (r["option"], r["segment"], r["level"]): r["x"] for r in rows(folder, "toplines") if r["question"] == "place"
    }
    assert ("isle", "all", "all") not in options
    assert not {(level) for (_, segment, level) in options if segment == "place" and level == "isle"}
    # One other option goes with it, or 199 less the two would tell.
    shown = {option for option, segment, _ in options if segment == "all"}
    assert len(shown) == 1
    everywhere = " ".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.csv"))
    assert "on_isle" not in "".join(r["indicator"] for r in rows(folder, "findings"))
    assert "P199" not in everywhere
    for table in ("toplines", "shares"):
        assert all(r["x"] == 0 or r["x"] >= 5 for r in rows(folder, table))


def test_what_is_not_small_stays_as_it_is_published(published: tuple[Home, Path]):
    home, folder = published
    inside = rows_of(home, STUDY, "SELECT * FROM findings WHERE finding_id = '1/use/is_content'")[1]
    assert [r for r in rows(folder, "findings") if r["finding_id"] == "1/use/is_content"] == inside
    assert inside[0]["x_a"] == 60
    # Users on the isle are one, so no finding tells of places.
    assert {r["segment"] for r in rows(folder, "findings")} == {"all"}


def test_a_release_is_frozen_and_names_the_bytes_of_its_files(published: tuple[Home, Path]):
    home, folder = published
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert set(contents(folder)) == {*manifest["files"], "manifest.json"}
    assert {"data/datapackage.json", "report.html", "workbook.xlsx", "methodology.md"} <= set(manifest["files"])
    assert not any((folder / name).stat().st_mode & 0o222 for name in contents(folder))
    assert manifest["delivery_sha256"] == hashlib.sha256(delivery().encode()).hexdigest()
    assert manifest["draft"] is True
    assert "not told: Conducted by (conductor)" in manifest["draft_because"]
    assert not any("sponsor" in reason for reason in manifest["draft_because"])
    before = contents(folder)
    again = Path(survey(home, "release", STUDY, "1").stdout.strip().removeprefix("Released: "))
    assert again != folder
    assert contents(folder) == before
    # The data are those of the edition, whenever they are released.
    data = {name: content for name, content in before.items() if name.startswith("data/")}
    assert {name: content for name, content in contents(again).items() if name.startswith("data/")} == data


def test_the_statement_goes_with_the_release_and_says_that_it_is_a_draft(published: tuple[Home, Path]):
    """Of 200 records P199 is excluded; 3 people on the isle are too few for the sizes of places to be listed."""
    home, folder = published
    text = (folder / "methodology.md").read_text(encoding="utf-8")
    assert survey(home, "methodology", STUDY, "--wave", "1").stdout == text
    assert "**Draft. Not told yet: Conducted by," in text
    assert "200 records delivered, 199 respondents analysed (99.5%)." in text
    assert "200 delivered; taken out: by hand 1; 199 analysed." in text
    assert "others 119, users 80; place: not listed" in text
    assert "P199" not in text
    said = survey(home, "release", STUDY, "1").stderr
    assert said.startswith("It is a draft:\n")
    assert "not told: Limitations (limitations)" in said
    russian = survey(home, "methodology", STUDY, "--language", "ru").stdout
    assert "Получено записей: 200, проанализировано респондентов: 199 (99,5%)." in russian
    told = json.loads(survey(home, "methodology", STUDY, "--json").stdout)
    assert [row["value"] for row in told if row["element"] == "sponsor"] == ["Nobody"]
    assert 'there is no "9"' in survey(home, "methodology", STUDY, "--wave", "9", expect=2).stderr


def test_no_cell_of_a_csv_file_is_a_formula(published: tuple[Home, Path]):
    with (published[1] / "data" / "codebook.csv").open(encoding="utf-8", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert any("=Isle(1)" in cell for cell in cells)
    assert not any(cell[:1] in ("=", "+", "-", "@", "\t") for cell in cells)


def test_the_data_of_a_release_are_a_package_that_validates(published: tuple[Home, Path]):
    report = validate(str(published[1] / "data" / "datapackage.json"))
    assert report.flatten(["name", "type", "message"]) == []
    assert [task.warnings for task in report.tasks if task.warnings] == []
    about = json.loads((published[1] / "data" / "datapackage.json").read_text(encoding="utf-8"))
    assert (about["name"], about["title"], about["synthetic"]) == ("small-1", "Small study, wave 1", False)
    for told in [part for one in about["resources"] for part in (one, one["parquet"])]:
        content = (published[1] / "data" / told["path"]).read_bytes()
        assert told["bytes"] == len(content)
        assert told["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_a_changed_figure_of_a_package_does_not_validate(published: tuple[Home, Path], tmp_path: Path):
    for path in (published[1] / "data").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / "tiers.csv").read_text(encoding="utf-8")
    (tmp_path / "tiers.csv").write_text(text.replace(",show,", ",shown,"), encoding="utf-8", newline="")
    kinds = {kind for (kind,) in validate(str(tmp_path / "datapackage.json")).flatten(["type"])}
    assert {"constraint-error", "hash-count", "byte-count"} <= kinds


def test_csv_and_parquet_of_a_release_hold_the_same_values(published: tuple[Home, Path]):
    package = Package(str(published[1] / "data" / "datapackage.json"))
    for name in ("findings", "toplines", "codebook"):
        exact = rows(published[1], name)
        told = [row.to_dict() for row in package.get_resource(name).read_rows()]
        assert len(told) == len(exact) > 0
        for one, other in zip(told, exact, strict=True):
            # One apostrophe goes from a text that would be a formula; an empty text that may be missing is.
            plain = {key: value[1:] if isinstance(value, str) and value[:2] in FORMULAS else value
                     for key, value in one.items()}  # fmt: skip
            assert {k: float(v) if isinstance(v, Decimal) else v for k, v in plain.items()} == other


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+2", "'=1+2"), ("-", "'-"), ("@a", "'@a"), ("\tx", "'\tx"), ("a=1", "a=1"), ("", ""), (None, ""),
        (-1.5, "-1.5"), (-2, "-2"), (float("inf"), "INF"), (float("-inf"), "-INF"), (0.1, "0.1"), (True, "true"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05Z"), (date(2026, 1, 2), "2026-01-02"),
    ],
)  # fmt: skip
def test_how_a_value_stands_in_a_csv_file(value: object, cell: str):
    assert csv_cell(value) == cell


def test_a_wave_that_is_not_published_has_no_release(published: tuple[Home, Path]):
    assert 'there is no "2"' in survey(published[0], "release", STUDY, "2", expect=2).stderr


def test_lineage_leads_to_the_records_that_were_counted(published: tuple[Home, Path]):
    """Records count from 1: users 1 to 80, content among them 1 to 60; others 81 to 199, of whom 81 to 110."""
    told = json.loads(survey(published[0], "lineage", STUDY, "1/use/is_content", "--json").stdout)
    assert told["records"] == {
        "x_a": [*range(1, 61)], "n_a": [*range(1, 81)], "x_b": [*range(81, 111)], "n_b": [*range(81, 200)],
    }  # fmt: skip
    assert told["delivery_sha256"] == hashlib.sha256(delivery().encode()).hexdigest()
    assert told["columns"] == ["export.csv, column 3: Are you content?"]
    printed = survey(published[0], "lineage", STUDY, "1/use/is_content").stdout
    assert "x_a = 60 records of the delivery: 1-60" in printed


def test_lineage_within_a_level_counts_that_level(published: tuple[Home, Path]):
    told = json.loads(survey(published[0], "lineage", STUDY, "1/use/is_content/place=town", "--json").stdout)
    assert told["records"]["n_a"] == [i + 1 for i in range(80) if i % 2 and i != 5]


def test_lineage_of_a_finding_that_is_not_there_names_the_nearest(published: tuple[Home, Path]):
    said = survey(published[0], "lineage", STUDY, "1/use/is_contant", expect=2).stderr
    assert "nearest: 1/use/is_content" in said
