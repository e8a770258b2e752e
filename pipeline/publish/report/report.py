"""The report of an edition: one self-contained HTML file in every language that the study has."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.engine import replacing
from pipeline.publish.edition import Edition
from pipeline.publish.report.content import Content, content_of, labels_of
from pipeline.publish.report.data import STEPS, chart_data
from pipeline.publish.report.kept import kept
from pipeline.publish.report.words import languages_of

FOLDER = Path(__file__).parent
PARTS = (
    ("key", "key_findings"), ("forest", "forest"), ("tiers", "tiers"), ("trends", "trends"), ("segments", "segments"),
    ("claims", "claims"), ("robustness", "robustness"), ("method", "method"),
)  # fmt: skip


def write_report(path: Path, edition: Edition) -> None:
    """Writes the report of an edition, whole or not at all."""
    with replacing(path) as partial:
        partial.write_text(report_html(edition), encoding="utf-8")


def report_html(edition: Edition) -> str:
    """The page: sentences and tables as text, charts drawn by Vega from the data within. Nothing is loaded.

    Every text of a study file is escaped: as markup in the page, and within its data.
    """
    languages = languages_of(edition.study)
    data = chart_data(edition)
    pages = [_with_choices(content_of(edition, language), edition, data) for language in languages]
    labels = {language: labels_of(edition, language, data["places"]) for language in languages}
    return _templates().get_template("page.html").render(
        pages=pages, edition=edition, study=edition.study, wave=edition.wave, parts=PARTS,
        has_scores=bool(data["bands"]), has_segments=len({segment for segment, _ in data["places"]}) > 1,
        several_waves=len(data["waves"]) > 1,
        css=Markup((FOLDER / "page.css").read_text(encoding="utf-8")),
        js=Markup((FOLDER / "page.js").read_text(encoding="utf-8")),
        library=Markup(_library()),
        data=Markup(_within_script({"data": data, "labels": labels, "steps": STEPS,
                                    "charts": json.loads(_charts(len(data["tiers"])))})),
    )  # fmt: skip


def _with_choices(page: Content, edition: Edition, data: dict[str, Any]) -> Content:
    """What the page lets one choose: only what has figures."""
    labels = labels_of(edition, page.language, data["places"])
    compared = sorted({f[0] for f in data["findings"]})
    places = sorted({f[2] for f in data["findings"]})
    measured = sorted({s[0] for s in data["shares"]})
    page.texts["comparisons"] = [(i, labels["comparisons"][i][0]) for i in compared]
    page.texts["places"] = [(i, labels["places"][i]) for i in places]
    page.texts["indicators"] = [(i, labels["indicators"][i]) for i in measured]
    return page


def _within_script(value: Any) -> str:
    """JSON that can't end the script element that it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def _library() -> str:
    """Vega and Vega-Embed as one script; to bundle it takes seconds."""

    def made() -> str:
        import vl_convert

        return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")

    return kept(f"vega-{version('vl-convert-python')}.js", made)


@cache
def _charts(tiers: int) -> str:
    """The compiled charts as JSON; to describe and compile them takes a second."""

    def made() -> str:
        from pipeline.publish.report.charts import charts

        return json.dumps(charts(tiers))

    source = hashlib.sha256((FOLDER / "charts.py").read_bytes()).hexdigest()[:16]
    made_with = "-".join((version("altair"), version("vl-convert-python"), source))
    return kept(f"charts-{tiers}-{made_with}.json", made)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
