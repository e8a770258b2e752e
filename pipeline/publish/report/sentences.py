"""What may be said of a finding, in a language, never more than its interval."""

from __future__ import annotations

import math
from typing import Any

from babel import Locale

from pipeline.estimation.wording import printed_ratio, printed_shares
from pipeline.publish.report.names import Names
from pipeline.publish.report.numbers import NBSP, Numbers


def sentence(finding: Any, names: Names, numbers: Numbers, model_based: bool) -> str:
    """English is the published wording; another language says the same figures in its own words.

    finding: a row of `findings` among everyone that may be shown and has a ratio with an interval.
    """
    return str(finding.wording) if names.language == "en" else _russian(finding, names, numbers, model_based)


def _russian(f: Any, names: Names, numbers: Numbers, model_based: bool) -> str:
    a, b = names.groups(f.comparison)
    does = names.indicator(f.indicator)
    clear = not f.ratio_low <= 1 <= f.ratio_high
    ratio, low, high = (numbers.localised(shown) for shown in printed_ratio(f.ratio, f.ratio_low, f.ratio_high))
    p_a, p_b = (numbers.localised(shown) for shown in printed_shares(f.p_a, f.p_b, apart=clear))
    interval = f"{'модельный ' if model_based else ''}{100 * f.ci_level:g}{NBSP}% ДИ"
    limits = f"{low}–{high}" if high else f"от {low}"
    bases = f"n = {numbers.count(f.n_a)} и {numbers.count(f.n_b)}"
    bases += ", малая база" if min(f.n_a, f.n_b) < names.study.display.footnote_below else ""
    figures = f"{p_a} против {p_b}; {interval} отношения {limits}; {bases}"
    if not clear:
        claim = f"отчётливой разницы нет между группами «{a}» и «{b}»"
    elif math.isinf(f.ratio):
        claim = f"{a} — чаще, чем {b}, среди которых таких нет"
    elif f.ratio == 0:
        claim = f"{a} — реже, чем {b}: таких среди них нет"
    elif f.ratio > 1:
        claim = f"{a} — в {ratio} {_times(ratio)} чаще, чем {b}"
    else:
        claim = f"{a} — реже, чем {b}: отношение долей {ratio}"
    made = " [синтетические данные]" if names.study.synthetic else ""
    return f"{does[:1].upper()}{does[1:]}: {claim} ({figures}).{made}"


def _times(shown: str) -> str:
    """ "в 2,4 раза", "в 5 раз": by the last figure of a whole number; a fraction has the genitive."""
    if "," in shown:
        return "раза"
    form = Locale("ru").plural_form(int("".join(filter(str.isdigit, shown))))
    return "раза" if form == "few" else "раз"
