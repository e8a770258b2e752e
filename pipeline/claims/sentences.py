"""The strongest true sentence for a claim: what its figure and interval support, with groups and base."""

from __future__ import annotations

import math
from collections.abc import Callable

from pipeline.claims.figures import TWO_GROUPS, Asked, Figure
from pipeline.claims.numbers import mean_and_limits, signed_points
from pipeline.claims.printed import printed_parts
from pipeline.claims.verdicts import SUPPORTED, margin_of, verdict_of
from pipeline.estimation.comparing import OF
from pipeline.estimation.status import LOW_BASE
from pipeline.estimation.wording import Sentence, printed_shares, wording
from pipeline.study.claim_references import condition_words
from pipeline.study.claims import Claim, Margins
from pipeline.study.model import Study

SYNTHETIC = "synthetic data"
SAID = {"more_than": "more than", "at_least": "at least", "less_than": "fewer than", "at_most": "at most",
        "nearly": "nearly", "about": "about", "equal": "about"}  # fmt: skip


def supported(study: Study, asked: Asked, figure: Figure, margins: Margins) -> str:
    """A sentence that is true as far as the data tell; says so where a base is low or an interval model-based.

    Empty without an interval, or where two waves can't be compared: nothing is said then.
    """
    if figure.broken or not figure.estimate.has_interval:
        return ""
    text = _sentence(study, asked, figure, margins)
    return f"{text} [{SYNTHETIC}]" if study.synthetic and SYNTHETIC not in text else text


def _sentence(study: Study, asked: Asked, figure: Figure, margins: Margins) -> str:
    claim, measure = asked.claim, asked.claim.measures
    if figure.n_a == 0 or figure.n_b == 0:
        return "There are no respondents in the base."
    if figure.status == "suppress":
        return f"There are too few respondents, or too little precision, to say it ({figure.status_reason})."
    if measure in TWO_GROUPS:
        return _two_groups(study, asked, figure, margins)
    e, tail = figure.estimate, _tail(study, figure)
    does, of = does_of(study, claim), _of(asked, figure)
    of = f", {of}" if of else ""
    whom = f"{asked.words_a}{_where(claim)}"
    if measure == "share":
        how = _how(claim, figure, margins, lambda v: f"{100 * v:.4g}%")
        inside = f"{_percent(e.value)}, {_interval(study)} {_percent(e.low)} to {_percent(e.high)}"
        if claim.of == "indicator":
            return f"Of those who {does}, {how or _percent(e.value)} are {whom} ({inside}, {tail})."
        return f"{_capital(how) or _percent(e.value)} of {whom} {does}{of} ({inside}, {tail})."
    if measure == "count":
        return f"{e.value:,.0f} of {figure.n_a:,} {whom} {does}." if claim.indicator or claim.when else (
            f"{e.value:,.0f} {whom} were analysed.")  # fmt: skip
    if measure == "mean":
        mean, low, high = mean_and_limits((e.value, e.low, e.high), _digits(claim))
        return (
            f"{_capital(whom)} give {mean} on average to {claim.question} ({_interval(study)} {low} to {high}, {tail})."
        )
    if measure == "rank":
        ranked = len({*(claim.among or ()), claim.indicator})
        places = f"place {e.value:.0f}" if e.low == e.high else f"a place from {e.low:.0f} to {e.high:.0f}"
        return f"Among {whom}, the share who {does} takes {places} of {ranked} ({tail})."
    points, *limits = signed_points(e.value, e.low, e.high)
    ends, size = f"{_interval(study)} {' to '.join(limits)}", points.lstrip("+-")
    if measure == "paired":
        other = figure.note.removeprefix("against ").partition(",")[0]
        against = does_of(study, claim.model_copy(update={"indicator": other, "when": None}))
        if e.low <= 0 <= e.high:
            return f"There is no clear difference between the shares of {whom} who {does} and who {against} ({ends} percentage points, {tail})."  # noqa: E501
        more = "larger" if e.value > 0 else "smaller"
        return f"Among {whom}, the share who {does} is {size} percentage points {more} than the share who {against} ({ends}, {tail})."  # noqa: E501
    if e.low <= 0 <= e.high:
        return f"The share of {whom} who {does} did not clearly change {figure.note} ({points} percentage points, {ends}, {tail})."  # noqa: E501
    verb = "rose" if e.value > 0 else "fell"
    return f"The share of {whom} who {does} {verb} by {size} percentage points {figure.note} ({ends}, {tail})."


def _two_groups(study: Study, asked: Asked, figure: Figure, margins: Margins) -> str:
    claim, parts = asked.claim, figure.parts
    sentence = Sentence(
        a=asked.words_a, b=asked.words_b, within="", does=f"{does_of(study, claim)}{_where(claim)}",
        p_a=parts["p_a"], p_b=parts["p_b"], n_a=figure.n_a, n_b=figure.n_b or 0,
        ratio=parts["ratio"], low=parts["ratio_low"], high=parts["ratio_high"], level=0.95,
        model_based=study.sample.type == "opt_in", suppressed="",
        low_base=_low_base(study, figure), of=_of(asked, figure),
    )  # fmt: skip
    if claim.measures == "difference":
        return _difference(study, sentence, figure)
    text = wording(sentence)
    clear = parts["ratio_low"] > 1 or parts["ratio_high"] < 1
    if claim.measures == "ratio" and clear and not math.isinf(parts["ratio"]):
        how = _how(claim, figure, margins, lambda v: f"{v:g} times")
        times = f"{text.partition(' are ')[2].partition(' times as likely')[0]} times"
        if how and times.strip() != "times" and f" are {times} as likely" in text:
            shares = f"{times.removesuffix(' times')} times; "
            text = text.replace(f" are {times} as likely", f" are {how} as likely", 1).replace("(", f"({shares}", 1)
    return text


def _difference(study: Study, s: Sentence, figure: Figure) -> str:
    """By the interval of the difference itself: that of the ratio may leave out 1 where this one holds 0."""
    e = figure.estimate
    clear = e.low > 0 or e.high < 0
    points, *limits = signed_points(e.value, e.low, e.high)
    shares = f"{' against '.join(printed_shares(s.p_a, s.p_b, clear))}{s.of and ' '}{s.of}"
    low = ", low base" if s.low_base else ""
    inside = f"{shares}, {_interval(study)} {' to '.join(limits)} points, n = {s.n_a:,} and {s.n_b:,}{low}"
    if not clear:
        return f"There is no clear difference between the shares of {s.a} and of {s.b} who {s.does} ({inside})."
    more = "more" if e.value > 0 else "less"
    size = points.lstrip("+-")
    return f"The share of {s.a} who {s.does} is {size} percentage points {more} than that of {s.b} ({inside})."


def _how(claim: Claim, figure: Figure, margins: Margins, shown: Callable[[float], str]) -> str:
    """What the claim itself says, as far as it is supported: "more than 2 times"; else empty."""
    for name, words in SAID.items():
        value = getattr(claim, name)
        if claim.measures == "ratio" and value == 1:
            continue  # the ratio itself says more than "more than 1 times"
        if value is not None and verdict_of(name, value, claim, figure.estimate, margins) == SUPPORTED:
            if name == "less_than" and claim.measures == "ratio":
                words = "less than"
            if name in ("about", "nearly", "equal") and margin_of(claim, name, value, margins)[0] <= 0:
                continue
            return f"{words} {shown(value)}"
    return ""


def does_of(study: Study, claim: Claim) -> str:
    """What respondents do, to follow "who" or "to"."""
    if claim.when is not None:
        return f'answer "{condition_words(claim.when)}"'
    if claim.indicator is None:
        return "answered"
    label = study.indicators[claim.indicator].label
    return label.get() if label else claim.indicator.replace("_", " ")


def _where(claim: Claim) -> str:
    return f" (only {condition_words(claim.filter)})" if claim.filter is not None else ""


def _of(asked: Asked, figure: Figure) -> str:
    """Whom shares are of, where that is not everyone in the groups."""
    whole = figure.n_a == asked.a.sum() and (asked.b is None or figure.n_b == asked.b.sum())
    return "" if whole else OF.get(asked.base, "")


def _tail(study: Study, figure: Figure) -> str:
    low = ", low base" if _low_base(study, figure) else ""
    bases = f"n = {figure.n_a:,}" if figure.n_b is None else f"n = {figure.n_b:,} and {figure.n_a:,}"
    return f"{bases}{low}"


def _low_base(study: Study, figure: Figure) -> bool:
    """By the smaller base, whatever else its status tells; a rank has more bases than its own."""
    bases = [n for n in (figure.n_a, figure.n_b) if n is not None]
    return min(bases) < study.display.footnote_below or figure.status_reason.startswith(LOW_BASE)


def _interval(study: Study) -> str:
    return "model-based 95% CI" if study.sample.type == "opt_in" else "95% CI"


def _digits(claim: Claim) -> int | None:
    """Decimals that the claim has, where it tells them or prints a figure."""
    printed = printed_parts(claim).get("value") if claim.printed else None
    return claim.digits if claim.digits is not None or printed is None else max(0, round(-math.log10(printed.unit)))


def _percent(share: float) -> str:
    digits = 0
    while digits < 6 and 0 < share < 1 and float(f"{100 * share:.{digits}f}") in (0, 100):
        digits += 1
    return f"{math.floor(share * 100 * 10**digits + 0.5 + 1e-9) / 10**digits:.{digits}f}%"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
