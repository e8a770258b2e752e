"""The JSON Schema: valid, takes what loads (as text and as an editor types it), refuses what an editor should mark."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
import yaml

from pipeline.study.model import Study
from pipeline.study.schema import json_schema
from tests.homes import STUDIES
from tests.study.files import EXAMPLE, HEAD, SMALL, changed, study

BUNDLED = {
    path.stem: path.read_text(encoding="utf-8") for path in sorted(STUDIES.glob("*.yaml")) if "." not in path.stem
}
TEXTS = {"example": EXAMPLE, "small": SMALL} | BUNDLED


class EditorLoader(yaml.SafeLoader):
    """YAML as editors read it (1.2): numbers, true and false get a type, dates, yes and no stay texts."""


EditorLoader.yaml_implicit_resolvers = {}
for kind, pattern, first in (
    ("int", r"[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("bool", r"(true|false)$", "tf"),
    ("null", r"(~|null|)$", ["~", "n", ""]),
):
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(pattern), list(first))


def as_json(node: Any) -> Any:
    """With keys as texts, as JSON has them."""
    if isinstance(node, dict):
        return {str(key): as_json(value) for key, value in node.items()}
    return [as_json(part) for part in node] if isinstance(node, list) else node


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema())


def complaints(validator: jsonschema.Draft202012Validator, text: str, loader: type = EditorLoader) -> list[str]:
    found = validator.iter_errors(as_json(yaml.load(text, Loader=loader)))
    return [".".join(str(part) for part in error.absolute_path) for error in found]


def test_it_is_a_json_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_it_has_every_section_in_order_and_explains_it():
    schema = json_schema()
    assert list(schema["properties"]) == list(Study.model_fields)
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["title", "sample", "questions"]
    assert "description" in schema["$defs"]["Condition"]


@pytest.mark.parametrize("loader", [EditorLoader, yaml.BaseLoader])
@pytest.mark.parametrize("name", TEXTS)
def test_it_takes_what_loads(validator: jsonschema.Draft202012Validator, name: str, loader: type):
    assert complaints(validator, TEXTS[name], loader) == []
    assert study(TEXTS[name])


@pytest.mark.parametrize(
    "more",
    [
        "format: 1", "format: '1'", "synthetic: true", "synthetic: yes", "baseline: 2021", "baseline: 2021-spring",
        "waves: {2021: {fieldwork: [2021-02-01, 2021-03-05]}}",
        "scales: {years: {2018: This year, 2017: 2017, old: {text: 2016, was: {2018: 2015}}}}",
        "tiers: {order: [1, 2], answers: {1: {choice: [a]}, 2: {choice: [b]}}, labels: {1: 1}}",
        "segments: {s: {question: number, bands: [1, 2.5, 1e3]}, t: {question: number, bands: ['1', '1e3']}}",
        "cleaning: [{rule: incomplete, answered_below: 0.8}, {rule: speeder, below_seconds: '60'}]",
        "filters: {f: {any: [{choice: [a]}, {not: {number: {at_least: 1, below: '5'}}}, {words: {answered: yes}}]}}",
        "filters: {f: {all: [{ticks: [x]}, {words: {answered: true}}]}, g: f, h: {not: g}}",
        "comparisons: {c: {a: {s: [a]}, b: everyone}}\nsegments: {s: {question: choice}}",
        "segments: {s: {question: choice, nets: {n: [a, b], m: {of: [a]}, l: {of: [a, b], label: {en: All of it}}}}}",
        "display: {suppress_below: 10, footnote_below: '50'}",
        "claims: [{id: 1, says: x, more_than: 2, indicator: i}]\nindicators: {i: {when: {choice: [a]}}}",
        "claims: a.yaml", "disclosure: {number_of_screens: 12, sponsor: x, mode: [web, mail]}",
        "weights: {main: {rake: {choice: {a: 0.5, b: '0.5'}}, trim: 5}}", "design: {strata: 1}",
    ],
)  # fmt: skip
def test_it_takes_numbers_and_texts_where_the_model_does(validator: jsonschema.Draft202012Validator, more: str):
    text = f"{SMALL}{more}\n"
    assert study(text)
    assert complaints(validator, text) == []
    assert complaints(validator, text, yaml.BaseLoader) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"{SMALL}nosuch: 1", ""),
        (f"{SMALL}format: 2", "format"),
        (changed("lonely_psu: adjust", "lonly_psu: adjust"), "design"),
        (changed("lonely_psu: adjust", "lonely_psu: ajust"), "design.lonely_psu"),
        (changed("type: opt_in", "type: optin"), "sample.type"),
        (changed("cuts: [70]", "cuts: [high]"), "tiers.cuts.0"),
        (changed("cuts: [70]", "cuts: [0]"), "tiers.cuts.0"),
        (changed("fieldwork", "fieldwrok"), "waves.2021"),
        (changed("type: number", "type: numbr"), "questions.budget"),
        (changed("grids: [practice]", "grid: [practice]"), "cleaning.5"),
        (changed("{at_least: 1000}", "{at_lest: 1000}"), "filters.active"),
        (changed("{employees: [huge]", "{employees: huge"), "filters.huge_north"),
        (changed("b: everyone_else", "b: everyone_els"), "comparisons.large.b"),
        (changed("disclosure: {sponsor: Example, mode: web, incentive: none}", "disclosure:"), "disclosure"),
        (changed("scale: frequency}", "scale: ~}"), "questions.listening"),
        (f"{HEAD}questions: {{}}", "questions"),
        (HEAD, ""),
    ],
)
def test_it_marks_what_an_editor_can_see_is_wrong(validator: jsonschema.Draft202012Validator, text: str, place: str):
    assert complaints(validator, text) == [place]
