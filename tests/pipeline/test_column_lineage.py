"""Column lineage: from a figure of a finding, by hand, to the column of the export; nothing leads nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import tables
from pipeline.column_lineage import Source, column_sources, indicators_markdown, lineage_markdown
from pipeline.study.loading import load_study
from pipeline.study.model import Study
from tests.homes import STUDIES
from tests.small import STUDY_FILE

EXAMPLES = STUDIES.parent / "docs" / "examples"
STUDY_FILES = [path for folder in (STUDIES, EXAMPLES) for path in sorted(folder.glob("*.yaml")) if "." not in path.stem]
EXPORTED = [
    {"variable": "", "position": 1, "name": "Id", "text": "Id", "part": ""},
    {"variable": "content", "position": 3, "name": "Are you content?", "text": "Are you content?", "part": ""},
    {"variable": "place", "position": 0, "name": "", "text": "", "part": ""},
]


def study_of(folder: Path, text: str) -> Study:
    path = folder / "made.yaml"
    path.write_text(text)
    return load_study(path).study


@pytest.fixture
def small(tmp_path: Path) -> Study:
    return study_of(tmp_path, STUDY_FILE)


def test_a_finding_leads_back_to_the_column_of_the_export(small: Study):
    step = [
        (tables.FINDINGS, "x_a", ("cells", "is_content__n_yes")),
        (tables.CELLS, "is_content__n_yes", ("respondents", "is_content")),
        (tables.RESPONDENTS, "is_content", ("responses", "content")),
        (tables.RESPONSES, "content", ("delivered", "content")),
    ]
    for table, column, expected in step:
        assert column_sources(table, small)[column] == (expected,)
    exported = column_sources(tables.DELIVERED, small, EXPORTED)
    assert exported == {"content": (("source_columns", "Are you content?"),)}


def test_it_is_told_in_words_down_to_the_export(small: Study):
    lines = indicators_markdown(small, EXPORTED).splitlines()
    assert lines[2:] == ["| is&#95;content | answered | content | Are you content? |"]
    assert "| x&#95;a, x&#95;b | cells.is&#95;content&#95;&#95;n&#95;yes |" in lineage_markdown(
        column_sources(tables.FINDINGS, small)
    )


def test_an_indicator_that_the_wave_did_not_ask_says_so(small: Study):
    assert indicators_markdown(small, []).endswith("| not in this wave |")


def test_a_ratio_needs_count_and_base_and_a_group_is_told_by_tier_and_segment(small: Study):
    found = column_sources(tables.FINDINGS, small)
    assert set(found["ratio"]) == {("cells", "is_content__n_yes"), ("cells", "is_content__n_base")}
    assert set(found["group_a"]) == {("cells", "tier"), ("cells", "segment"), ("cells", "level")}
    assert column_sources(tables.CELLS, small)["level"] == (("respondents", "place"),)
    assert column_sources(tables.RESPONDENTS, small)["tier"] == (("responses", "user"),)  # a tier by answer


def test_what_the_study_file_says_comes_from_no_column(small: Study):
    assert not {"indicator", "base", "ci_level", "method"} & set(column_sources(tables.FINDINGS, small))


MORE = """\
title: "Small study"
sample: {type: opt_in, population: people}
columns: {unanswered: ["-99"]}
questions:
  uses: {type: multiple, text: "What do you use?", options: {a: "A", b: "B", dk: {text: "No idea", is: dont_know}}}
  often: {type: single, text: "How often?", asked_if: {uses: [a]}, options: {never: "Never", daily: "Daily"}}
  well: {type: single, text: "How well?", options: {bad: "Badly", good: "Well"}}
score: {points: {never: 0, daily: 1, bad: 0, good: 1}, dimensions: {use: {items: [often]}, skill: {items: [well]}}}
tiers: {order: [low, high], cuts: [50]}
weights: {main: {column: wt, rake: {well: {bad: 0.5, good: 0.5}}}}
cleaning: [{rule: speeder, below_seconds: 60}, {rule: no_consent, unless: {well: [good]}}]
indicators:
  daily: {when: {often: [daily]}, base: asked}
  a_known: {when: {uses: [a]}, base: substantive}
comparisons: {top: {a: {tier: [high]}, b: rest}}
"""


def sources(study: Study, table: tables.Table, column: str) -> set[Source]:
    return set(column_sources(table, study)[column])


def test_bases_scores_weights_and_rules_lead_to_what_they_look_at(tmp_path: Path):
    study = study_of(tmp_path, MORE)
    # asked: who ticked A; substantive: who did not tick "No idea"
    assert sources(study, tables.RESPONDENTS, "daily") == {("responses", "often"), ("responses", "uses__a")}
    assert sources(study, tables.RESPONDENTS, "a_known") == {("responses", "uses__a"), ("responses", "uses__dk")}
    assert sources(study, tables.RESPONSES, "uses__a") == {("delivered", "uses__a"), ("delivered", "uses")}
    assert sources(study, tables.SCORES, "score_skill") == {("responses", "well")}
    assert sources(study, tables.SCORES, "score") == {("responses", "well"), ("responses", "often")}
    assert sources(study, tables.RESPONDENTS, "tier") == {("scores", "score"), ("tier_cuts", "cut")}
    assert sources(study, tables.WEIGHTS, "weight_main") == {("responses", "well"), ("delivered", "weight main")}
    assert sources(study, tables.CELLS, "daily__w_yes") == {("respondents", "daily"), ("respondents", "weight_main")}
    assert sources(study, tables.SCREENING, "disposition") == {("responses", "duration_seconds"), ("responses", "well")}


@pytest.mark.parametrize("path", STUDY_FILES, ids=lambda path: path.stem)
def test_every_source_is_a_column_of_an_input(path: Path):
    study = load_study(path).study
    for table in tables.made_for(study):
        columns = {below.name: {c.name for c in below.columns_for(study)} for below in tables.inputs_of(table, study)}
        own = {c.name for c in table.columns_for(study)}
        for column, found in column_sources(table, study).items():
            assert column in own
            assert all(name in columns[source] for source, name in found), (table.name, column)
