"""The bundled study for other tools: the data package validates, the SPSS file holds what is published, and every
Python snippet of docs/use-elsewhere.md prints what stands under it."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from frictionless import validate

from pipeline.settings import PROJECT
from tests.bundled import STUDY, Bundled
from tests.homes import survey

GUIDE = PROJECT / "docs" / "use-elsewhere.md"
WAVE, FOLDER = "2021", "social-2021"
SNIPPETS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="session")
def exported(bundled: Bundled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the export that the guide begins with."""
    folder = tmp_path_factory.mktemp("elsewhere")
    survey(bundled.home, "export", STUDY, WAVE, "--to", str(folder / FOLDER))
    return folder


def test_the_data_package_of_the_bundled_study_validates(exported: Path):
    report = validate(str(exported / FOLDER / "datapackage.json"))
    assert report.flatten(["name", "type", "message"]) == []
    assert len(report.tasks) == len(list((exported / FOLDER).glob("*.csv"))) > 12
    assert [task.warnings for task in report.tasks if task.warnings] == []


def test_every_python_block_of_the_guide_says_what_it_prints():
    assert len(SNIPPETS) == GUIDE.read_text(encoding="utf-8").count("```python") == 6


@pytest.mark.parametrize(
    ("code", "shown"), SNIPPETS, ids=[re.findall(r"import (\w+)", code)[0] for code, _ in SNIPPETS]
)
def test_a_snippet_of_the_guide_prints_what_stands_under_it(
    exported: Path, monkeypatch: pytest.MonkeyPatch, code: str, shown: str
):
    monkeypatch.chdir(exported)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, str(GUIDE), "exec"), {})
    assert printed.getvalue().strip() == shown.strip()


def test_the_spss_file_holds_every_value_that_is_published(bundled: Bundled, exported: Path):
    """Codes are turned back to ids by the labels of the file, and rows compared as a multiset: they are sorted anew."""
    frame, meta = pyreadstat.read_sav(exported / FOLDER / "respondents.sav", user_missing=True)
    study = bundled.study_file.study
    of = "WHERE wave = ? AND source_row IN (SELECT source_row FROM core.respondents WHERE wave = ? AND disposition = "
    of += "'analysed') ORDER BY source_row"
    answers, respondents = (
        pd.DataFrame(bundled.rows(f"SELECT * FROM core.{table} {of}", WAVE, WAVE))
        for table in ("responses", "respondents")
    )
    assert len(frame) == len(answers) == len(respondents) == 2162
    options = {v.name: {option.text_in(WAVE): key for key, option in v.options.items()}
               for v in study.variables if v.kind == "choice"}  # fmt: skip
    # A question and an indicator may have one name.
    compared = {v.name: answers[v.name] for v in study.variables}
    compared |= {name: respondents[name] for name in respondents if name == "tier" or name.startswith("score")}
    compared |= {f"ind_{name}": respondents[name] for name in study.indicators}
    expected, back = pd.DataFrame(compared), pd.DataFrame({name: frame[name] for name in compared})
    for name, ids in options.items():
        back[name] = frame[name].map(meta.variable_value_labels[name]).map(ids)
    tiers = dict(enumerate(study.tiers.order, 1)) if study.tiers else {}
    back["tier"] = back["tier"].map(tiers)

    def lines(table: pd.DataFrame) -> list[tuple[object, ...]]:
        plain = table.astype(object).where(table.notna(), None)
        rows = plain.itertuples(index=False, name=None)
        return sorted((tuple(float(v) if isinstance(v, int | float) else v for v in row) for row in rows), key=repr)

    assert lines(back) == lines(expected)
