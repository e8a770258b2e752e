"""Which encoding a text file without a mark is in, told from what its bytes spell in each.

charset-normalizer takes "Don’t know" in cp1252 for cp1250 and a short Cyrillic file for nothing at all: it weighs
frequencies of letters, which a few cells do not have. What tells here is what each byte stands beside.
"""

from __future__ import annotations

import codecs
import unicodedata

# In the order in which a tie is decided: Western, Cyrillic, old Macintosh, Central European.
CANDIDATES = ("cp1252", "cp1251", "mac_roman", "cp1250", "koi8_r")
MOST = 200_000  # bytes with their neighbours that are looked at
_COMMON = set("áàâäãåæçéèêëíìîïñóòôöõøœúùûüßýÁÀÂÄÃÅÆÇÉÈÊËÍÎÏÑÓÔÖÕØŒÚÙÛÜ")
_TYPOGRAPHY = set("‘’“”„«»–—…\u00a0")
_SYMBOLS = set("•€£§№©®™°")


def marked(raw: bytes) -> str | None:
    """The encoding that a byte-order mark tells, or that UTF-16 without one is plain by."""
    if raw.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = raw[:4000]
    if len(head) >= 4:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if odd > len(head) / 5 and not even:
            return "utf-16-le"
        if even > len(head) / 5 and not odd:
            return "utf-16-be"
    return None


def guessed(raw: bytes) -> str | None:
    """The likeliest encoding of one byte a character; None where none gives a text that people write.

    None, too, where the file is UTF-8 but for some bytes: those were damaged.
    """
    if b"\x00" in raw or _is_damaged_utf8(raw):
        return None
    pieces = _pieces(raw)
    scores = {}
    for encoding in CANDIDATES:
        try:
            scores[encoding] = _score(pieces.decode(encoding))
        except UnicodeDecodeError:
            continue
    best = max(scores, key=lambda encoding: scores[encoding], default=None)
    return best if best is not None and scores[best] > 0 else None


def _is_damaged_utf8(raw: bytes) -> bool:
    """Whether most of what is outside ASCII is UTF-8 all the same, as in a file that was cut or patched."""
    read = raw[:MOST].decode("utf-8", errors="replace")
    broken = read.count("\ufffd")
    return sum(not character.isascii() for character in read) - broken > broken


def _pieces(raw: bytes) -> bytes:
    """The words with bytes outside ASCII, which are all that tells."""
    words = [word for word in raw.split() if not word.isascii()]
    return b" ".join(words)[:MOST]


def _score(text: str) -> float:
    """How much of what is outside ASCII stands where such a character stands in writing, less what does not."""
    score = 0.0
    for i, character in enumerate(text):
        if character.isascii():
            continue
        before, after = text[i - 1 : i], text[i + 1 : i + 2]
        score += _fit(character, before, after)
    return score


def _fit(character: str, before: str, after: str) -> float:
    if character in _TYPOGRAPHY:
        return 1.0
    if character in _SYMBOLS and not (before.isalpha() and after.isalpha()):
        return 1.0
    if not character.isalpha():
        return -2.0
    beside = [c for c in (before, after) if c.isalpha()]
    if character.isupper() and before.isalpha() and before.islower():
        return -2.0
    if _is_cyrillic(character):
        return 1.0 if all(_is_cyrillic(c) for c in beside) and beside else 0.2 if not beside else -2.0
    if any(_is_cyrillic(c) for c in beside):
        return -2.0
    accented = sum(not c.isascii() for c in beside)
    if accented == 2:  # three letters with accents in a row
        return -1.0 if character in _COMMON else 0.0
    return (1.0 if character in _COMMON else 0.6) / (1 + 2 * accented)


def _is_cyrillic(character: str) -> bool:
    return unicodedata.name(character, "").startswith("CYRILLIC")
