"""A study file as it is written: what is published can be read by it alone; `study` validates it and takes longer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import StudyFileError
from pipeline.study.reading import Document, read_yaml

if TYPE_CHECKING:
    from pipeline.study.model import Study

STUDY_NAME = r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?"


@dataclass(frozen=True)
class StudyFile:
    """A study file: its name, its contents, and the means to tell whether a section changed."""

    name: str
    document: Document

    @cached_property
    def study(self) -> Study:
        """The contents, validated at the first look. Raises StudyFileError naming every problem, each with its line."""
        from pipeline.study.loading import validated

        return validated(self.document)

    def section(self, name: str) -> dict[str, Any]:
        """A section of named things as written; empty where there is none."""
        found = self.document.data.get(name) if isinstance(self.document.data, dict) else None
        return found if isinstance(found, dict) else {}

    def files_of(self, wave: str) -> tuple[str, ...]:
        """The data files that are listed for a wave."""
        found = self.section("waves").get(wave)
        files = found.get("files") if isinstance(found, dict) else None
        return tuple(map(str, files)) if isinstance(files, list) else ()

    def digest(self, sections: Iterable[str]) -> str:
        """Hash of the named sections as written, comments and layout aside.

        "comparisons.weight" stands for what the things of a section say under one key, whatever they are called.
        """
        part = {section: self._part(*section.split(".")) for section in sections}
        return hashlib.sha256(json.dumps(part, ensure_ascii=False).encode()).hexdigest()

    def _part(self, section: str, key: str = "") -> Any:
        if not key:
            return self.document.data.get(section)
        things = self.section(section).values()
        return list(dict.fromkeys(str(thing[key]) for thing in things if isinstance(thing, dict) and key in thing))


def read_study_file(path: Path) -> StudyFile:
    """The study file at `path`, not validated yet. Raises StudyFileError where it is no YAML of sections."""
    shown = f"{path.parent.name}/{path.name}"
    if not re.fullmatch(STUDY_NAME, path.stem):
        raise StudyFileError(
            shown, "is not named as a study", expected="lower-case letters, digits, - and _, at most 60"
        )
    document = read_yaml(path, shown)
    claims = document.data.get("claims") if isinstance(document.data, dict) else None
    if isinstance(claims, str) and re.fullmatch(r"[^/\\]+", claims) and (path.parent / claims).name not in ("", ".."):
        if not (path.parent / claims).is_file():
            raise StudyFileError(
                document.where(("claims",)), f'claims: file "{claims}" is not there', expected=f"beside {path.name}"
            )
        document = document.with_section("claims", read_yaml(path.parent / claims, f"{path.parent.name}/{claims}"))
    found = StudyFile(path.stem, with_claims_listed(document))
    if not isinstance(document.data, dict) or not document.data:
        found.study  # noqa: B018 - raises: nothing can be shown by what has no sections
    return found


def with_claims_listed(document: Document) -> Document:
    """The same with claims that stand in a list by themselves where the section has them."""
    listed = isinstance(document.data, dict) and isinstance(document.data.get("claims"), list)
    return document.under("claims", "claims") if listed else document
