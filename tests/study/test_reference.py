"""The reference of study files names every key, each with an example that loads."""

from __future__ import annotations

import re

import pytest
import yaml

from pipeline.settings import PROJECT
from pipeline.study.conditions import RANGE_KEYS
from pipeline.study.loading import study_from_text
from pipeline.study.reference import main, reference
from pipeline.study.schema import json_schema

REFERENCE = PROJECT / "docs" / "study-file.md"


def test_the_reference_is_as_the_model_has_it(capsys: pytest.CaptureFixture[str]):
    main()
    assert REFERENCE.read_text(encoding="utf-8") == capsys.readouterr().out


def test_every_key_of_the_schema_stands_in_the_reference():
    text = REFERENCE.read_text(encoding="utf-8")
    keys = {
        key
        for name, node in [("", json_schema()), *json_schema()["$defs"].items()]
        if name != "Condition"
        for one in (node, *node.get("anyOf", ()))
        for key in one.get("properties", ())
    }
    assert len(keys) > 90
    assert {key for key in keys if f"| `{key}` |" not in text} == set()
    assert {word for word in RANGE_KEYS if f"`{word}`" not in text and f"{word}:" not in text} == set()


def test_examples_are_yaml():
    blocks = re.findall(r"```yaml\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) > 30
    assert all(isinstance(yaml.safe_load(block), dict) for block in blocks)


def test_a_key_without_an_example_is_an_error():
    study = study_from_text(
        'title: T\nsample: {type: opt_in, population: p}\nquestions: {a: {type: text, text: "A"}}\n'
    )
    with pytest.raises(ValueError, match="no example has the key `format`"):
        reference([(study.study, {})])
