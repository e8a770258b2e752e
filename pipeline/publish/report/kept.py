"""Texts that take seconds to make and are the same for every report, kept between runs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from pipeline.engine import replacing
from pipeline.settings import cache_folder


def kept(name: str, make: Callable[[], str]) -> str:
    """The text of this name in the user's cache, made where it is not there. name: tells all that it hangs on.

    Where the cache can't be written the text is made each time.
    """
    path = cache_folder() / name
    with suppress(OSError):
        return path.read_text(encoding="utf-8")
    text = make()
    with suppress(OSError), replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
    return text
