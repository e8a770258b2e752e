"""The key that respondent ids are hashed with: made once, kept beside the data, never published."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pipeline.errors import SurveyError
from pipeline.settings import Home, id_key_text

FEWEST = 16  # characters of a key that is given


def id_key(home: Home) -> bytes:
    """The key of SURVEY_ID_KEY, or of the home folder, where it is made at first use, readable by its owner only.

    Raises SurveyError where the key is too short to protect anything, or cannot be read or written.
    """
    given = id_key_text()
    if given:
        return _long_enough(given, "SURVEY_ID_KEY")
    path = home.id_key
    try:
        _make(path)
        return _long_enough(path.read_text().strip(), str(path))
    except OSError as error:
        raise SurveyError(
            str(path), f"the key of respondent ids cannot be kept here: {error.strerror}", do="set SURVEY_ID_KEY"
        ) from error


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as stream:
        stream.write(secrets.token_hex(32))


def _long_enough(key: str, where: str) -> bytes:
    if len(key) < FEWEST:
        raise SurveyError(where, "is too short for a key", expected=f"{FEWEST} characters and more")
    return key.encode()
