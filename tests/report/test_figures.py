"""Every figure of the report is the published one at the rounding that its place has; what is suppressed is absent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.bundled import STUDY, Bundled

WAVE = "2022"
NONE = "–"


class Tables(HTMLParser):
    """Rows of the page's tables by language and table: data-id -> texts of the cells, notes apart by a bar."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[tuple[str, str], dict[str, list[str]]] = {}
        self.language, self.table, self.row, self.cell = "", "", None, None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "div" and given.get("class") == "page":
            self.language = given["lang"] or ""
        elif tag == "tr" and "data-id" in given:
            self.table = (given["id"] or "").split("-")[1]
            self.row = self.rows.setdefault((self.language, self.table), {}).setdefault(given["data-id"] or "", [])
        elif tag in ("td", "th") and self.row is not None:
            self.cell = ""
        elif tag == "span" and self.cell is not None and given.get("class") in ("note", "id"):
            self.cell += "|"

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self.row is not None and self.cell is not None:
            self.row.append(self.cell.strip())
            self.cell = None
        elif tag == "tr":
            self.row = None


@pytest.fixture(scope="module")
def page(bundled: Bundled) -> str:
    path: Path = bundled.home.editions(STUDY) / WAVE / "report.html"
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tables(page: str) -> dict[tuple[str, str], dict[str, list[str]]]:
    parser = Tables()
    parser.feed(page[: page.index('<script type="application/json"')])
    return parser.rows


@pytest.fixture(scope="module")
def drawn(page: str) -> dict[str, Any]:
    return json.loads(page.split('id="data">')[1].split("</script>")[0])["data"]


def rounded(value: float, digits: int) -> str:
    """As printed in English: halves up, thousands with commas, a real minus."""
    exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{exact:,}".replace("-", "−")


def percent(share: float | None, digits: int = 1) -> str:
    return NONE if share is None else f"{rounded(100 * share, digits)}%"


def ratio(value: float | None) -> str:
    return NONE if value is None else "no upper limit" if value == float("inf") else rounded(value, 2)


def russian(shown: str) -> str:
    return shown.replace(",", "\xa0").replace(".", ",").replace("%", "\xa0%")


def of_everyone(bundled: Bundled) -> Iterator[dict[str, Any]]:
    yield from bundled.rows("SELECT * FROM findings WHERE wave = ? AND segment = 'all' AND status <> 'suppress'", WAVE)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_findings_are_the_published_ones(bundled: Bundled, tables: dict, language: str):
    shown, seen = tables[language, "findings"], 0
    own = russian if language == "ru" else str
    for f in of_everyone(bundled):
        cells = [cell.split("|")[0] for cell in shown[f["finding_id"]]]
        assert cells[2:4] == [own(percent(f["p_a"])), own(percent(f["p_b"]))], f["finding_id"]
        assert cells[4] == own(f"{f['n_a']:,} / {f['n_b']:,}")
        if f["ratio"] is not None and f["ratio"] != float("inf"):
            assert cells[5] == own(ratio(f["ratio"]))
        seen += 1
    assert seen == len(shown) > 50


def test_intervals_are_the_published_ones(bundled: Bundled, tables: dict):
    for f in of_everyone(bundled):
        notes = [cell.split("|")[1] if "|" in cell else "" for cell in tables["en", "findings"][f["finding_id"]]]
        assert notes[2] == f"{percent(f['p_a_low'])} to {percent(f['p_a_high'])}"
        if f["ratio_low"] is not None and f["ratio_high"] != float("inf"):
            assert notes[5] == f"{ratio(f['ratio_low'])} to {ratio(f['ratio_high'])}"


def test_sentences_are_the_published_wording_of_the_largest_clear_ratios(bundled: Bundled, page: str):
    clear = bundled.rows(
        "SELECT finding_id, wording FROM findings WHERE wave = ? AND segment = 'all' AND comparison = 'maturity'"
        " AND q_value < 0.05 AND NOT in_score AND status IN ('show', 'footnote') AND (ratio_low > 1 OR ratio_high < 1)"
        " ORDER BY abs(ln(ratio)) DESC LIMIT 12", WAVE)  # fmt: skip
    english = page[page.index('lang="en"') : page.index('lang="ru" data-title')]
    told = re.findall(r'<li data-id="([^"]+)">.*?<p lang="en">(.*?)</p>', english, re.DOTALL)
    assert told == [(row["finding_id"], row["wording"].replace("'", "&#39;")) for row in clear]


def test_tiers_and_waterfall_are_the_published_ones(bundled: Bundled, tables: dict):
    for t in bundled.rows("SELECT * FROM tiers WHERE wave = ? AND status <> 'suppress'", WAVE):
        cells = tables["en", "tiers"][f"tier-{t['tier']}"]
        assert cells[1].split("|")[0] == percent(t["share"])
        assert cells[3] == rounded(t["mean_score"], 1)
    steps = bundled.rows("SELECT * FROM dispositions WHERE wave = ? ORDER BY position", WAVE)
    assert [row[-1] for row in tables["en", "waterfall"].values()] == [f"{s['remaining']:,}" for s in steps]
    taken = [int(row[2].replace(",", "")) for row in tables["en", "waterfall"].values()]
    assert steps[0]["remaining"] - sum(taken) == steps[-1]["remaining"]


def test_claims_have_the_published_verdicts(bundled: Bundled, tables: dict):
    published = bundled.rows("SELECT claim, verdict, observed, statistic FROM claims WHERE wave = ?", WAVE)
    shown = tables["en", "claims"]
    assert list(shown) == [c["claim"] for c in published]
    for c in published:
        assert shown[c["claim"]][3].split("|")[0] == c["verdict"]
        if c["statistic"] == "share" and c["observed"] is not None:
            assert shown[c["claim"]][2].split("|")[0] == percent(c["observed"])


def test_charts_draw_the_published_figures(bundled: Bundled, drawn: dict[str, Any]):
    places = [tuple(place) for place in drawn["places"]]
    published = bundled.rows("SELECT * FROM findings WHERE wave = ? AND status <> 'suppress'", WAVE)
    by_id = {(f["comparison"], f["indicator"], f["segment"], f["level"]): f for f in published}
    assert len(drawn["findings"]) == len(by_id)
    for c, i, p, p_a, _, _, p_b, _, _, r, low, high, n_a, n_b, _ in drawn["findings"]:
        f = by_id[drawn["comparisons"][c], drawn["indicators"][i], *places[p]]
        assert (p_a, p_b, n_a, n_b) == (round(f["p_a"], 4), round(f["p_b"], 4), f["n_a"], f["n_b"])
        assert [r, low, high] == [significant(f["ratio"], "inf"), significant(f["ratio_low"], None),
                                  significant(f["ratio_high"], None)]  # fmt: skip
    shares = bundled.rows("SELECT * FROM shares WHERE wave = ? AND status <> 'suppress'", WAVE)
    assert {(drawn["indicators"][s[0]], places[s[1]]): s[2] for s in drawn["shares"]} == {
        (s["indicator"], (s["segment"], s["level"])): round(s["share"], 4) for s in shares
    }


def significant(value: float | None, endless: str | None) -> float | str | None:
    if value is None:
        return None
    return endless if value == float("inf") else float(f"{value:.5g}")


def test_the_score_bands_add_up_to_everyone_with_a_score(bundled: Bundled, drawn: dict[str, Any]):
    scored = bundled.rows(
        "SELECT COUNT(*) AS n FROM respondents WHERE wave = ? AND disposition = 'analysed' AND score IS NOT NULL", WAVE
    )[0]["n"]  # fmt: skip
    assert sum(band[4] for band in drawn["bands"]) == scored
    assert sum(band[3] for band in drawn["bands"]) == pytest.approx(1, abs=0.002)  # each rounded to four digits
    assert drawn["cuts"] == [30, 50, 70]


def test_what_is_suppressed_is_in_no_part_of_the_file(bundled: Bundled, page: str):
    gone = bundled.rows("SELECT finding_id FROM findings WHERE wave = ? AND status = 'suppress'", WAVE)
    of_all = bundled.rows("SELECT finding_id FROM findings WHERE wave = '2021' AND status = 'suppress'"
                          " AND segment = 'all'")  # fmt: skip
    assert gone
    assert of_all
    assert not [row for row in gone if f'"{row["finding_id"]}"' in page]
    first = (bundled.home.editions(STUDY) / "2021" / "report.html").read_text(encoding="utf-8")
    assert not [row for row in of_all if f">{row['finding_id']}<" in first]
