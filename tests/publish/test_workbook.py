"""The workbook, read with two readers that did not write it, against the rows that the edition shows."""

from __future__ import annotations

import dataclasses
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pipeline.editions import read_edition
from pipeline.errors import SurveyError
from pipeline.publish.edition import Edition
from pipeline.publish.workbook import write_workbook
from pipeline.publish.workbook.words import CATALOGUES, languages
from pipeline.settings import Home
from pipeline.study.loading import load_study, study_from_text
from tests.homes import make_home, survey

STUDY = "small"
TEXT = """\
title: {en: "Small study", ru: "Малое исследование"}
synthetic: true
sample: {type: opt_in, population: people}
columns: {id: Id, ignore: [Weight]}
weights: {main: {column: Weight}}
questions:
  user: {type: single, text: "Do you use it?", options: {"yes": "Yes", "no": "No"}}
  content: {type: single, text: "Are you content?", label: {en: "Content", ru: "Довольство"},
            options: {"yes": "Yes", "no": {text: "No", label: {en: "Not content", ru: "Нет"}}}}
  place: {type: single, text: "Where do you live?", options: {town: "Town", village: "Village", isle: "=Isle(1)"}}
  teams: {type: multiple, text: "Which teams?", options: {a: "Team A", b: "Team B", c: "Team C"}}
  club: {type: single, text: "Are you in the club?", options: {"yes": "Yes", "no": "No"}}
  spend: {type: number, text: "What do you spend?"}
tiers:
  order: [others, users]
  answers: {others: {user: ["no"]}, users: {user: ["yes"]}}
  labels: {users: {en: "users", ru: "пользователи"}}
segments: {place: {question: place, label: {en: "place", ru: "место"}}}
indicators:
  is_content: {when: {content: ["yes"]}, label: {en: "be content", ru: "быть довольным"}}
  in_club: {when: {club: ["yes"]}, label: "be in the club"}
comparisons: {use: {a: {tier: [users]}, b: rest, label: "Users against others"}}
claims: [{id: twice, says: "Users are about 3 times as likely to be content", indicator: is_content,
          comparison: use, statistic: ratio, about: 3}]
display: {suppress_below: 30, footnote_below: 100, rule: base}
disclosure: {sponsor: "Nobody", mode: "web"}
"""


def delivery(content_others: int) -> str:
    """80 users of whom 60 content, 120 others of whom some; only users are in the club; 20 live on the isle."""
    lines = ["Id,Do you use it?,Are you content?,Where do you live?,Which teams?,Are you in the club?,"
             "What do you spend?,Weight"]  # fmt: skip
    for i in range(200):
        user = i < 80
        content = i < 60 or 80 <= i < 80 + content_others
        place = "=Isle(1)" if i % 10 == 0 else "Town" if i % 2 else "Village"
        teams = '"Team A,Team B"' if i % 3 else "Team C"
        words = ["Yes" if said else "No" for said in (user, content, i < 40)]
        lines.append(f"P{i},{words[0]},{words[1]},{place},{teams},{words[2]},{i * 1.25},{1 + (i % 4) / 2}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """Wave 2 as published."""
    source = tmp_path_factory.mktemp("study") / f"{STUDY}.yaml"
    source.write_text(TEXT)
    home = make_home(tmp_path_factory.mktemp("home"), source)
    for wave, content_others in (("1", 30), ("2", 45)):
        folder = home.raw(STUDY) / wave
        folder.mkdir(parents=True)
        (folder / "export.csv").write_text(delivery(content_others))
    survey(home, "run", STUDY)
    return _edition_in(home)


def _edition_in(home: Home) -> Edition:
    return read_edition(home, load_study(home.study_file(STUDY)), "2")


@pytest.fixture(scope="module")
def path(edition: Edition, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("book") / "small.xlsx"
    write_workbook(target, edition)
    return target


def calamine(path: Path, sheet: str) -> list[list[Any]]:
    """Rows from the first of the sheet; empty cells are None."""
    found = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    return [[None if cell == "" else cell for cell in row] for row in found]


def with_openpyxl(path: Path, sheet: str) -> list[list[Any]]:
    book = openpyxl.load_workbook(path)
    return [list(row) for row in book[sheet].iter_rows(values_only=True)]


READERS = [pytest.param(calamine, id="calamine"), pytest.param(with_openpyxl, id="openpyxl")]
FIRST = 7  # title, study, mark, note, link, groups, headings
GROUP = ["p", "p_low", "p_high", "n", "weighted_base", "n_eff"]
ESTIMATES = [
    None, *(f"{c}_a" if c in ("p", "n", "weighted_base", "n_eff") else f"p_a_{c[2:]}" for c in GROUP),
    None, *(f"{c}_b" if c in ("p", "n", "weighted_base", "n_eff") else f"p_b_{c[2:]}" for c in GROUP),
    "ratio", "ratio_low", "ratio_high", "difference", "difference_low", "difference_high", "p_value", "q_value",
]  # fmt: skip


def assert_same(cell: Any, published: Any) -> None:
    """A number is the published one in full; what is none is words or a mark, and never 0."""
    if published is None or pd.isna(published):
        assert cell in (None, "–")
    elif isinstance(published, float) and math.isinf(published):
        assert cell in ("no upper limit", "infinite")
    elif isinstance(published, str):
        assert (cell or "") == published
    else:
        assert not isinstance(cell, str)
        assert cell == pytest.approx(published, rel=1e-14)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(("sheet", "before", "of_all"), [("Key findings", 3, True), ("Findings by segment", 5, False)])
def test_findings_are_the_published_ones(
    edition: Edition, path: Path, read: Any, sheet: str, before: int, of_all: bool
):
    found = edition.rows["findings"]
    found = found[(found["segment"] == "all") == of_all].set_index("finding_id")
    rows = read(path, sheet)[FIRST:]
    assert sorted(row[0] for row in rows) == sorted(found.index)
    assert len(rows) >= 2
    for row in rows:
        for cell, name in zip(row[before:], ESTIMATES, strict=False):
            if name is not None:
                assert_same(cell, found.loc[row[0], name])
        assert found.loc[row[0], "wording"] in row
        assert found.loc[row[0], "group_a"] in row


def test_an_infinite_ratio_is_words(edition: Edition, path: Path):
    found = edition.rows["findings"].set_index("finding_id").loc["2/use/in_club"]
    assert math.isinf(found["ratio"])
    row = next(row for row in calamine(path, "Key findings") if row[0] == "2/use/in_club")
    assert row[17] == "infinite"
    assert row[19] == "no upper limit"


def blocks(rows: list[list[Any]]) -> Iterator[tuple[str, list[list[Any]]]]:
    """(title without its number, the rows under title and base)."""
    starts = [i for i, row in enumerate(rows) if isinstance(row[0], str) and row[0].split(".")[0].isdigit()]
    for start, end in zip(starts, [*starts[1:], len(rows) + 1], strict=True):
        yield rows[start][0].split(". ", 1)[1], [row for row in rows[start + 2 : end] if row[0]]


TITLES = {"Do you use it?": "user", "Content": "content", "Where do you live?": "place", "Which teams?": "teams",
          "Are you in the club?": "club", "What do you spend?": "spend"}  # fmt: skip
LABELS = {"yes": "Yes", "no": "No", "town": "Town", "village": "Village", "isle": "=Isle(1)", "a": "Team A",
          "b": "Team B", "c": "Team C"}  # fmt: skip
OPTIONS = {"user": ["yes", "no"], "content": ["yes", "no"], "club": ["yes", "no"], "teams": ["a", "b", "c"],
           "place": ["town", "village", "isle"]}  # fmt: skip
COLUMNS = [("all", "all"), ("tier", "others"), ("tier", "users"), ("place", "town"), ("place", "village"),
           ("place", "isle")]  # fmt: skip


@pytest.mark.parametrize("read", READERS)
def test_tables_are_the_published_shares_and_letters(edition: Edition, path: Path, read: Any):
    toplines = edition.rows["toplines"].set_index(["question", "option", "segment", "level"])
    letters = edition.rows["banners"].set_index(["question", "option", "segment", "level"])
    rows = read(path, "Tables")
    assert [cell for cell in rows[7] if cell] == ["A", "B", "A", "B", "C"]
    found = dict(blocks(rows))
    assert set(found) == set(TITLES)
    compared = named = 0
    for title, lines in found.items():
        question = TITLES[title]
        labels = LABELS | ({"no": "Not content"} if question == "content" else {})
        by_label = {line[0]: line for line in lines}
        for at, (segment, level) in enumerate(COLUMNS):
            published = {o: (question, o, segment, level) for o in OPTIONS.get(question, ())}
            for option, key in published.items():
                share, letter = [*by_label[labels[option]], None][1 + 2 * at : 3 + 2 * at]
                if key not in toplines.index:
                    assert share == "–"
                    continue
                compared += 1
                assert_same(share, toplines.loc[key, "share"])
                if segment != "all":
                    named += bool(letters.loc[key, "higher_than"])
                    assert str(letter or "").rstrip("*† ") == letters.loc[key, "higher_than"]
                    assert letters.loc[key, "letter"] == rows[7][1 + 2 * at]
            key = next(
                (k for k in [*published.values(), (question, "all", segment, level)] if k in toplines.index), None
            )
            for base, name in (("Unweighted base", "n"), ("Weighted base", "weighted_base"),
                               ("Effective base (weights alone)", "n_eff_kish")):  # fmt: skip
                assert_same(by_label[base][1 + 2 * at], None if key is None else toplines.loc[key, name])
    assert compared > 40
    assert named > 2
    numbers = {line[0]: line for line in found["What do you spend?"]}
    assert_same(numbers["Mean"][1], toplines.loc[("spend", "all", "all", "all"), "mean"])
    assert_same(numbers["Median"][3], toplines.loc[("spend", "all", "tier", "others"), "median"])


def test_what_is_suppressed_is_a_mark_and_never_nought(edition: Edition, path: Path):
    """20 people live on the isle, under the smallest base of 30: no figure of theirs is anywhere in its column."""
    shown = edition.rows["toplines"]
    assert not len(shown[(shown["segment"] == "place") & (shown["level"] == "isle")])
    column = [row[11] for row in calamine(path, "Tables")[8:] if len(row) > 11]
    assert {cell for cell in column if cell is not None} == {"–"}


def test_exclusive_options_sum_to_one_hundred(path: Path):
    seen = 0
    for title, lines in blocks(calamine(path, "Tables")):
        if TITLES[title] in ("teams", "spend"):
            continue
        options = [line for line in lines if "base" not in line[0]]
        for at in range(1, 13, 2):
            shares = [line[at] for line in options]
            if "–" in shares:
                continue
            seen += 1
            assert sum(shares) == pytest.approx(1, abs=1e-9)
            assert abs(sum(round(100 * share) for share in shares) - 100) <= len(shares) / 2
    assert seen >= 15


def test_low_bases_are_marked(path: Path):
    """80 users, under the footnote's 100; 200 in all."""
    lines = {line[0]: line for line in dict(blocks(calamine(path, "Tables")))["Content"]}
    assert lines["Unweighted base"][1:7] == [200, None, 120, None, 80, "*"]
    assert "*" in lines["Yes"][6]


@pytest.mark.parametrize("read", READERS)
def test_claims_and_trends_are_the_published_ones(edition: Edition, path: Path, read: Any):
    claim = edition.rows["claims"].iloc[0]
    row = read(path, "Claims")[FIRST]
    for at, name in ((0, "claim"), (1, "says"), (7, "observed"), (8, "low"), (9, "high"), (11, "n_a"), (13, "n_b"),
                     (14, "verdict")):  # fmt: skip
        assert_same(row[at], claim[name])
    trends = edition.rows["trends"]
    rows = read(path, "Trends")[FIRST:]
    assert len(rows) == len(trends) > 0
    for row, (_, published) in zip(rows, trends.iterrows(), strict=True):
        for at, name in ((5, "wave_before"), (6, "value_before"), (7, "n_before"), (8, "wave"), (9, "value"),
                         (10, "n"), (11, "change"), (12, "change_low"), (13, "change_high"), (14, "p_value"),
                         (15, "q_value")):  # fmt: skip
            assert_same(row[at], published[name])


def test_numbers_have_formats_and_sheets_are_ready_to_use(path: Path):
    book = openpyxl.load_workbook(path)
    key, tables = book["Key findings"], book["Tables"]
    assert [key.cell(FIRST + 1, column).number_format for column in (5, 8, 18, 21)] == [
        "0.0%", "#,##0", "0.00", "+0.0%;-0.0%;0.0%",
    ]  # fmt: skip
    assert tables["B11"].number_format == "0%"
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert "SYNTHETIC DATA" in sheet.oddFooter.center.text
        assert "SYNTHETIC DATA" in sheet.cell(3, 1).value
        if sheet.title not in ("Contents", "Methodology"):
            assert sheet.freeze_panes
            assert sheet.print_title_rows
    assert key.auto_filter.ref.startswith("A7:")
    assert book.properties.title == "Small study · wave 2"


def test_links_lead_to_cells_of_the_workbook(path: Path):
    book = openpyxl.load_workbook(path)
    links = [cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert len(links) > 15
    for link in links:
        sheet, cell = link.location.rsplit("!", 1)
        assert book[sheet.strip("'")][cell].value
    assert not [link for link in links if link.target]


def assert_harmless(path: Path) -> None:
    """No formula, no way out of the file."""
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            content = parts.read(name).decode("utf-8")
            assert "<f>" not in content
            assert "<f " not in content
            assert "External" not in content
            assert "vbaProject" not in name


def test_there_are_no_formulas_and_no_outside_links(path: Path):
    assert_harmless(path)
    assert "=Isle(1)" in [row[0] for row in calamine(path, "Tables")]


def test_the_same_edition_gives_the_same_bytes(edition: Edition, path: Path, tmp_path: Path):
    write_workbook(tmp_path / "again.xlsx", edition)
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


BLANK = {
    "wave": "2", "position": 1, "section": "Sample", "standard": "aapor", "element": "sponsor", "title": "Sponsor",
    "required": True, "value": None, "source": "missing",
}  # fmt: skip
"""A required element of the methodology statement that is not told."""


def test_a_draft_says_so_on_every_sheet(edition: Edition, tmp_path: Path):
    write_workbook(tmp_path / "draft.xlsx", dataclasses.replace(edition, statements={"en": [BLANK]}))
    for sheet in openpyxl.load_workbook(tmp_path / "draft.xlsx"):
        assert "DRAFT: not told: Sponsor (sponsor)" in sheet.cell(3, 1).value
        assert "DRAFT" in sheet.oddFooter.center.text


def test_russian_headings_and_labels(edition: Edition, tmp_path: Path):
    write_workbook(tmp_path / "ru.xlsx", edition, "ru")
    book = CalamineWorkbook.from_path(tmp_path / "ru.xlsx")
    assert book.sheet_names[:3] == ["Содержание", "Главные выводы", "Выводы по сегментам"]
    rows = calamine(tmp_path / "ru.xlsx", "Главные выводы")
    assert rows[1][0] == "Малое исследование · волна 2 · n = 200"
    assert "СИНТЕТИЧЕСКИЕ ДАННЫЕ" in rows[2][0]
    assert {"быть довольным", "пользователи", "остальные с известным ответом"} <= {cell for row in rows for cell in row}
    assert "Довольство" in dict(blocks(calamine(tmp_path / "ru.xlsx", "Таблицы")))


def test_catalogues_say_the_same_things_in_every_language():
    lists = {name: yaml.safe_load((CATALOGUES / f"{name}.yaml").read_text(encoding="utf-8")) for name in languages()}
    assert set(lists) == {"en", "ru"}
    for place, texts in lists["en"].items():
        same = set(texts) == set(lists["ru"][place])
        assert same or (place == "signs" and len(texts) == len(lists["ru"][place])), place
        assert all(isinstance(key, str) for key in texts), place
        assert all(isinstance(text, str) for text in lists["ru"][place].values()), place
    for texts in lists.values():
        assert all(0 < len(name) <= 31 and not set("[]:*?/\\") & set(name) for name in texts["sheets"].values())


def test_a_language_without_a_catalogue_is_refused(edition: Edition, tmp_path: Path):
    with pytest.raises(SurveyError, match='cannot be written in "tlh"'):
        write_workbook(tmp_path / "tlh.xlsx", edition, "tlh")


def test_a_statement_of_methods_is_shown_where_there_is_one(edition: Edition, tmp_path: Path):
    with_it = dataclasses.replace(edition, statements={"en": [BLANK]})
    write_workbook(tmp_path / "m.xlsx", with_it)
    rows = calamine(tmp_path / "m.xlsx", "Methodology")
    assert ["Sponsor", None, "Sample", "yes", "missing"] in [row[:5] for row in rows]
    assert ["delivered", "–", 200, "–", 0, 200] in [row[:6] for row in rows]


def relabelled(edition: Edition, label: str) -> Edition:
    """The edition with the label as title, question, option, segment, tier and indicator."""
    study = yaml.safe_load(TEXT)
    study["title"] = label
    study["questions"]["content"]["label"] = label
    study["questions"]["content"]["options"]["yes"] = {"text": "Yes", "label": label}
    study["segments"]["place"]["label"] = label
    study["tiers"]["labels"] = {"users": label}
    study["indicators"]["is_content"]["label"] = label
    loaded = study_from_text(yaml.safe_dump(study, allow_unicode=True), "small.yaml")
    few = {name: frame.head(2) for name, frame in edition.rows.items()}
    return dataclasses.replace(edition, study=loaded.study, rows={**few, "toplines": edition.rows["toplines"]})


HOSTILE = [
    "=1+1", "+1", "-1+2", "@SUM(A1)", "=HYPERLINK(\"http://example.org\")", "http://example.org", "mailto:a@b.c",
    "internal:'Claims'!A1", "<script>alert(1)</script>", "<r><t>bold</t></r>", "<r>&</r>", "&amp; & \"quoted\" 'too'",
    "]]>", "{=1}", "#REF!", "TRUE", "1e9", "00123", " spaces ", "שלום עולם", "🧪👩‍🔬", "a\nb", "{name} {0}",
    "x" * 40_000, "&P of &N &D", "100%", "'quoted", "_x0041_", "tab\there",
]  # fmt: skip


@pytest.mark.parametrize("label", HOSTILE, ids=lambda label: label[:12])
def test_labels_stay_text(edition: Edition, tmp_path: Path, label: str):
    _check_label(edition, tmp_path, label)


@given(label=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=60))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_label_stays_text(edition: Edition, tmp_path: Path, label: str):
    try:
        relabelled(edition, label)
    except SurveyError:  # blank, or refused as a label
        reject()
    _check_label(edition, tmp_path, label)


def test_characters_that_no_file_can_hold_are_replaced(edition: Edition, tmp_path: Path):
    claims = edition.rows["claims"].assign(says="a\x00b\x0bc\x1bd\ufffee\r\nf")
    claims["wording"] = pd.Series(["lone \ud800 surrogate"], dtype=object, index=claims.index)
    write_workbook(tmp_path / "c.xlsx", dataclasses.replace(edition, rows={**edition.rows, "claims": claims}))
    for read in (calamine, with_openpyxl):
        row = read(tmp_path / "c.xlsx", "Claims")[FIRST]
        assert row[1] == "a\ufffdb\ufffdc\ufffdd\ufffde\nf"
        assert row[-1] == "lone \ufffd surrogate"


def _check_label(edition: Edition, folder: Path, label: str) -> None:
    target = folder / "label.xlsx"
    write_workbook(target, relabelled(edition, label))
    assert_harmless(target)
    shown = (label if len(label) < 32_767 else label[:32_766] + "…").translate({0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD})
    for read in (calamine, with_openpyxl):
        cells = [cell for row in read(target, "Key findings") for cell in row if isinstance(cell, str)]
        assert any(cell.rstrip(" ") == shown.rstrip(" ") for cell in cells), read
    book = openpyxl.load_workbook(target)
    assert all(cell.data_type in "snd" for sheet in book for row in sheet.iter_rows() for cell in row)
