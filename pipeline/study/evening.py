"""Texts of exports and study files made comparable: spaces, quotes, dashes, case and markup evened out."""

from __future__ import annotations

import html
import re
import unicodedata

_QUOTES = str.maketrans({"‘": "'", "’": "'", "‚": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"',
                         "«": '"', "»": '"', "–": "-", "—": "-", "‑": "-", "−": "-"})  # fmt: skip
_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,500}>")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")


def evened(text: str) -> str:
    """The text by which questions and options are matched; "Don’t&nbsp;know " equals "don't know"."""
    text = html.unescape(_TAG.sub(" ", text)) if "<" in text or "&" in text else text
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_QUOTES)
    return " ".join(text.split()).casefold()
