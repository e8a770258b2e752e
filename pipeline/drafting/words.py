"""Names from texts, marks of options, and the order that their words tell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from pipeline.drafting.vocabulary import CYRILLIC, SCALES, SMALL, entries
from pipeline.study.evening import evened
from pipeline.study.questions import Mark

_CYRILLIC = dict(entry.split() for entry in entries(CYRILLIC))
_SMALL = frozenset(entries(SMALL, " "))
_SCALES = tuple(tuple(entries(scale)) for scale in SCALES.split("\n\n"))
_MARKS: tuple[tuple[Mark, re.Pattern[str]], ...] = (
    ("dont_know", re.compile(
        r"(i )?(do not|don't|dont) (really )?know|dk|not sure|unsure|i'm not sure|no idea|no opinion|can't say|"
        r"cannot say|hard to say|uncertain|затрудня|не знаю|wei(ß|ss) nicht|ne sa(is|it) pas|no (lo )?s[eé]\b|"
        r"não sei")),
    ("refused", re.compile(
        r"(i )?(prefer|would rather|'d rather|rather) not|refused?\b|declined?\b|no answer|keine angabe|отказ|"
        r"не хочу|prefiero no|prefiro não|préfère ne pas")),
    ("none", re.compile(r"none (of|apply)|none$|not any|ничего из|ни один|keine? (davon|der)|aucun|ninguno")),
    ("other", re.compile(r"others?\b|something else|друг(ое|ой|ие)|иное|sonstige|andere|autre|otr[oa]|outro")),
)  # fmt: skip
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
LONGEST = 40  # signs of a name
_FIRST = re.compile(r"^(less|fewer|under|below|up to|no |none|до |менее|меньше)")
_LAST = re.compile(r"^(more|greater|over|above|at least|более|свыше|больше)|\+$|(and|or) (more|over|above|older)$")
_NUMBER = re.compile(r"[0-9]+(?:[, \u00a0][0-9]{3}(?![0-9]))*(?:[.][0-9]+)?")


def plain(text: str) -> str:
    """The text on one line, control signs as spaces."""
    return " ".join(_CONTROL.sub(" ", text).split())


def tellable(text: str) -> bool:
    """Whether a study file can hold the text so that it is found again."""
    return bool(evened(text)) and evened(plain(text)) == evened(text)


def identifier(text: str, most_words: int = 4, fallback: str = "q") -> str:
    """A short name in the words of a text: lower-case ASCII, single underscores, a letter first."""
    plain = "".join(_CYRILLIC.get(c, c) for c in evened(text))
    plain = unicodedata.normalize("NFKD", plain.replace("ß", "ss")).encode("ascii", "ignore").decode()
    plain = plain.replace("'", "")
    words = re.findall("[a-z0-9]+", re.sub(r"(?<=[0-9]),(?=[0-9]{3})", "", plain))
    told = [w for w in words if w not in _SMALL] or words
    while len("_".join(told[:most_words])) > LONGEST and most_words > 1:
        most_words -= 1
    name = "_".join(told[:most_words])[:LONGEST].strip("_")
    return name if re.match("[a-z]", name) else f"{fallback}_{name}".rstrip("_")


def option_id(text: str) -> str:
    """The same for an option, which may begin with a digit."""
    name = identifier(text, 5, "n")
    return name.removeprefix("n_") if re.match("n_[0-9]", name) else name


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, numbered where it is taken."""
    known = set(taken)
    if name not in known:
        return name
    return next(f"{name}_{i}" for i in range(2, len(known) + 3) if f"{name}_{i}" not in known)


def mark_of(text: str) -> Mark | None:
    """What the words of an option tell that it is, where they begin so."""
    words = evened(text)
    return next((mark for mark, pattern in _MARKS if pattern.match(words)), None)


def ordered(texts: Sequence[str], counts: dict[str, int]) -> list[str]:
    """Options in the order of the scale that they are of, of their numbers, or of how often they were chosen.

    Those that are no answer proper (don't know, refused, none, other) come last.
    """
    last = [text for text in texts if mark_of(text)]
    proper = [text for text in texts if not mark_of(text)]
    rank = _scale_rank(proper) or _number_rank(proper)
    marks = {mark: i for i, (mark, _) in enumerate(reversed(_MARKS))}
    key = rank or {text: (-counts.get(text, 0),) for text in proper}
    return sorted(proper, key=lambda t: key[t]) + sorted(last, key=lambda t: marks[mark_of(t) or "other"])


def is_scale(texts: Sequence[str]) -> bool:
    """Whether the words tell an order."""
    proper = [text for text in texts if not mark_of(text)]
    return bool(_scale_rank(proper) or _number_rank(proper))


def _scale_rank(texts: Sequence[str]) -> dict[str, tuple[float, ...]] | None:
    for scale in _SCALES:
        rank: dict[str, tuple[float, ...]] = {}
        for text in texts:
            words = evened(text)
            fits = [i for i, word in enumerate(scale) if words.startswith(word)]
            if fits:
                rank[text] = (float(max(fits, key=lambda i: len(scale[i]))),)
        if len(texts) >= 2 and len(rank) == len(texts) and len(set(rank.values())) > 1:
            return rank
    return None


def _number_rank(texts: Sequence[str]) -> dict[str, tuple[float, ...]] | None:
    rank: dict[str, tuple[float, ...]] = {}
    for text in texts:
        words = evened(text)
        numbers = [float(re.sub("[^0-9.]", "", n)) for n in _NUMBER.findall(words)]
        if numbers:
            rank[text] = (min(numbers) if not _LAST.search(words) else max(numbers),
                          -1 if _FIRST.match(words) else 1 if _LAST.search(words) else 0)  # fmt: skip
    if len(texts) < 2 or len(rank) < len(texts) - 1 or len(set(rank.values())) < len(rank):
        return None
    return {text: rank.get(text, (-1.0,)) for text in texts}  # one without a number, such as "just me", first
