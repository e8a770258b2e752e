"""The reference of study files, written from the model and from examples that load."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo

from pipeline.settings import BUNDLED_STUDIES, PROJECT
from pipeline.study.conditions import CONDITION
from pipeline.study.loading import load_study
from pipeline.study.model import Study
from pipeline.study.section import Section

WIDTH = 100
Key = tuple[type[Section], str]

INTRODUCTION = """# The study file: reference

Written by `python -m pipeline.study.reference` from the model that reads study files and from examples that load:
[an opt-in survey](examples/opt-in.yaml) and [a probability sample](examples/probability.yaml) use every key between
them. The [tutorial](tutorial.md) goes from an unknown export to findings.

A study file is YAML, UTF-8, at `studies/<study>.yaml`. Every value is read as text and then taken for what the
key wants: `2021` is a wave's name where a name is wanted, a number where a number is wanted. Quote `"yes"` and
`"no"` all the same, so that editors take them for texts. A key that is not known, twice there, or without a value
is an error that names its line. Anchors and tags are refused.

**Names** (of questions, scales, segments, indicators, comparisons, filters, weights) are lower-case letters,
digits and single underscores, a letter first. Options may begin with a digit and have capitals.

**References.** A question with one answer, a number or an open answer is named as it is declared: `employees`.
A row of a grid is `practice.crm`, an option of a multiple-response question `teams.service`.

**Texts by language.** A title or label is a text, or texts by language: `{en: "Size", ru: "Размер"}`.

**Columns are found by text.** Spaces, quotes, dashes, case and markup are evened out before a question, a row or an
option is looked for; position never counts. Where the text does not find a column, `column` names it.

**Bases** of an indicator. `everyone`: all analysed, not asked counts as no. `asked`: shown the question, no answer
counts as no. `answered`: gave an answer, don't know included; a multiple-response question is answered when
anything is ticked. `substantive`: answered, don't know and refused left out.

**Conditions** are one language, in `asked_if`, `unless`, `filters`, `levels`, `answers` and `when`:

| condition | true of respondents |
|---|---|
| `{employees: [small, large]}` | who chose one of the options |
| `{teams: [service]}` | who ticked at least one of the options |
| `{budget: {at_least: 1000, below: 5000}}` | with a number in the range; also `above`, `at_most` |
| `{remarks: {answered: yes}}` | who answered, or did not: `no` |
| `{a: [...], b: [...]}` | of whom every part holds |
| `{any: [...]}`, `{all: [...]}` | of whom one part holds, every part holds |
| `{not: {...}}` | of whom it does not hold, respondents without an answer included |
| `active` | who meet the filter of that name |
"""


def reference(examples: Iterable[tuple[Study, Any]]) -> str:
    """The reference in Markdown: a chapter a section, and of each key type, default, meaning and an example.

    examples: study files that load, each with its document as read. Raises ValueError for a key that none of them
    uses, or that the model does not describe.
    """
    shown: dict[Key, str] = {}
    for study, data in examples:
        _collect(study, data, shown)
    parts = [INTRODUCTION]
    told: set[type[Section]] = set()
    for model, places in _sections().items():
        for part in reversed(model.__mro__):
            if issubclass(part, Section) and inspect.get_annotations(part) and part not in told:
                told.add(part)
                parts.append(_chapter(part, places if part is model else [places[0].partition(" · ")[0]], shown))
    return "\n".join(parts)


def _chapter(model: type[Section], places: list[str], shown: Mapping[Key, str]) -> str:
    title = "The file" if model is Study else " · ".join(f"`{place}`" for place in places)
    lines = [f"## {title}", "", " ".join((model.__doc__ or "").split()), ""]
    schema = model.model_json_schema(by_alias=True)
    # What a text alone may stand for is one of several.
    properties = next(one["properties"] for one in (schema, *schema.get("anyOf", ())) if "properties" in one)
    lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
    examples = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        if _owner(model, name) is not model:
            continue
        if (model, key) not in shown:
            raise ValueError(f"no example has the key `{key}` of {model.__name__}")
        if not field.description:
            raise ValueError(f"the key `{key}` of {model.__name__} is not described")
        meaning = field.description.replace("|", "\\|")
        lines.append(f"| `{key}` | {_kind(properties[key])} | {_default(field)} | {meaning} |")
        examples.append(shown[model, key])
    if model is Study:
        return "\n".join([*lines, ""])
    return "\n".join([*lines, "", "```yaml", *examples, "```", ""])


def _owner(model: type[Section], name: str) -> type[Section]:
    """The section that declares a key, for all that build on it."""
    return next(part for part in model.__mro__ if name in inspect.get_annotations(part))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or isinstance(value, Section) or value in ((), {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _kind(node: Mapping[str, Any]) -> str:
    """The value that a key takes, in words."""
    if node.get("$comment") == CONDITION:
        return "a condition"
    for several in ("anyOf", "oneOf"):
        kinds = list(dict.fromkeys(_kind(one) for one in node.get(several, ()) if one.get("type") != "null"))
        if kinds:
            return " or ".join(kinds) if len(kinds) < 4 else "as told by its `type` or `rule`"
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    if "$ref" in node:
        return "text, or by language" if node["$ref"].endswith("/Text") else "see below"
    kind = node.get("type")
    if kind == "array":
        if "prefixItems" in node:
            return f"[{', '.join(_kind(item) for item in node['prefixItems'])}]"
        return f"list of {_kind(node.get('items', {}))}"
    if kind == "object":
        values = node.get("additionalProperties")
        return f"name: {_kind(values)}" if isinstance(values, dict) else "names with values"
    if kind in ("number", "integer"):
        return _number(node, "whole number" if kind == "integer" else "number")
    words = {"string": "date" if node.get("format") == "date" else "text", "boolean": "`true`, `false`"}
    return words.get(str(kind), "value")


def _number(node: Mapping[str, Any], what: str) -> str:
    limits = {"minimum": "from", "exclusiveMinimum": "over", "maximum": "to", "exclusiveMaximum": "under"}
    return " ".join([what, *(f"{word} {node[key]:g}" for key, word in limits.items() if key in node)])


def _sections() -> dict[type[Section], list[str]]:
    """Every section of a study file in reading order, with the places where it stands."""
    found: dict[type[Section], list[str]] = {Study: [""]}

    def visit(model: type[Section], place: str) -> None:
        for name, field in model.model_fields.items():
            key = field.alias or name
            for below, mark in _models(field.annotation, ""):
                at = f"{place}.{key}{mark}".lstrip(".")
                at += f" · {_tag(below)}" if _tag(below) else ""
                first = below not in found
                if at not in found.setdefault(below, []):
                    found[below].append(at)
                if first:
                    visit(below, f"{place}.{key}{mark}".lstrip("."))

    visit(Study, "")
    return found


def _tag(model: type[Section]) -> str:
    """What tells a section from others at the same place: "type: single"."""
    for name in ("type", "rule"):
        field = model.model_fields.get(name)
        literal = get_args(field.annotation) if field else ()
        if len(literal) == 1:
            return f"{name}: {literal[0]}"
    return ""


def _models(annotation: Any, mark: str) -> Iterator[tuple[type[Section], str]]:
    """Sections within a type, with what stands between: ".<name>" of a mapping, "[]" of a list."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation, mark
        return
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        yield from _models(arguments[1], f"{mark}.<name>")
    else:
        for argument in arguments:
            yield from _models(argument, f"{mark}[]" if origin is tuple else mark)


def _collect(value: Any, data: Any, shown: dict[Key, str]) -> None:
    """The first use of each key, as it was written."""
    if isinstance(value, Section) and isinstance(data, dict):
        for name, field in type(value).model_fields.items():
            key = field.alias or name
            if key in data:
                shown.setdefault((_owner(type(value), name), key), _written(key, data[key]))
                _collect(getattr(value, name), data[key], shown)
    elif isinstance(value, Mapping) and isinstance(data, dict):
        for name, below in value.items():
            _collect(below, data.get(name), shown)
    elif isinstance(value, tuple) and isinstance(data, list):
        for below, raw in zip(value, data, strict=False):
            _collect(below, raw, shown)


class _Plain(yaml.SafeDumper):
    """Writes without quotes what is a text to this project and looks like a number, a date, true or false."""


_Plain.yaml_implicit_resolvers = {}
_Plain.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("yes|no|on|off|null|~", re.IGNORECASE), list("yYnNoO~")
)


def _written(key: str, value: Any) -> str:
    """`key: value` on one line where it is short, else its first entries a line each."""

    def flow(node: Any) -> str:
        return yaml.dump(
            node, Dumper=_Plain, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
        )

    line = flow({key: value}).strip()[1:-1]
    if len(line) <= WIDTH or not isinstance(value, dict | list):
        return line
    text = yaml.dump(
        {key: value}, Dumper=_Plain, default_flow_style=None, sort_keys=False, allow_unicode=True, width=WIDTH
    )
    return text.rstrip()


def main() -> None:
    """Prints the reference, from the examples of the documentation."""
    print(reference((file.study, file.document.data) for file in map(load_study, example_paths())), end="")


def example_paths() -> list[Path]:
    """The study files of the documentation, then the bundled one."""
    paths = sorted((PROJECT / "docs" / "examples").glob("*.yaml"))
    return [*(path for path in paths if "." not in path.stem), BUNDLED_STUDIES / "social-maturity.yaml"]


if __name__ == "__main__":
    main()
