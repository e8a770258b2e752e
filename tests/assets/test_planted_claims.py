"""Sound claims about the bundled study, and the same with one error of each kind: caught, with the kind named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pipeline.auditing import audited
from pipeline.ledger import published_waves, read_ledger
from pipeline.study.loading import study_from_text
from tests.bundled import STUDY, Bundled
from tests.homes import STUDIES

WAVE = "2021"
Record = dict[str, Any]


def percent(share: float) -> str:
    """As printed, halves up."""
    return f"{int(100 * share + 0.5 + 1e-9)}%"


def ratio_of(p_a: float, p_b: float) -> str:
    return f"{int(10 * p_a / p_b + 0.5 + 1e-9) / 10:.1f}"


class Counted:
    """Shares counted with pandas from the published respondents: no pipeline."""

    def __init__(self, respondents: pd.DataFrame) -> None:
        self.r = respondents

    def share(self, indicator: str, who: Any = True, among: Any = True) -> float:
        y = self.r[indicator][pd.Series(who, index=self.r.index) & pd.Series(among, index=self.r.index)].dropna()
        return float(y.mean())

    @property
    def mature(self) -> Any:
        return self.r["tier"] == "mature"

    @property
    def profiled(self) -> Any:
        return self.r["profile__listens_and_engages"] == 1


@pytest.fixture(scope="module")
def counted(bundled: Bundled) -> Counted:
    sql = "SELECT * FROM respondents WHERE wave = ? AND disposition = 'analysed'"
    return Counted(pd.DataFrame(bundled.rows(sql, WAVE)))


INDICATORS = (
    "reach_prospects", "dept_marketing", "dept_pr", "customer_service", "hr", "sales", "product", "listening",
    "engaging", "social_ads", "relationships", "target_customers", "communities", "partners", "shareholders",
    "brand_health", "differentiation", "ad_efficiency", "covid_prep", "sponsor", "dt_ready",
)  # fmt: skip


def pair(indicator: str, p_a: float, p_b: float, ratio: str | None = None, **said: Any) -> Record:
    printed = {"p_a": percent(p_a), "p_b": percent(p_b), "ratio": ratio or ratio_of(p_a, p_b)}
    return {"indicator": indicator, "comparison": "maturity", "printed": printed, **said}


def sound(c: Counted) -> list[Record]:
    """Claims of several forms, all as the data have them."""
    found: list[Record] = []
    for name in INDICATORS:
        p_a, p_b, p = c.share(name, c.mature), c.share(name, ~c.mature), c.share(name)
        found += [
            pair(name, p_a, p_b),
            {"indicator": name, "comparison": "maturity", "printed": ratio_of(p_a, p_b)},
            {"indicator": name, "group": "mature", "printed": percent(p_a)},
            {"indicator": name, "printed": percent(p)},
            {"indicator": name, "comparison": "maturity", "statistic": "difference",
             "printed": f"{100 * (p_a - p_b):.0f} points"},
            {"indicator": name, "filter": "listens_and_engages", "printed": percent(c.share(name, c.profiled))},
            {"indicator": name, "comparison": "maturity", "more_than": 1},
        ]  # fmt: skip
    return found


def comparator(c: Counted, name: str) -> list[Record]:
    """Everyone printed where the others are meant, and the other way round."""
    p_a, p_b, p = c.share(name, c.mature), c.share(name, ~c.mature), c.share(name)
    return [
        pair(name, p_a, p),
        {"indicator": name, "group": "mature", "printed": percent(p)},
        pair(name, p_a, p_b, comparison=None, group={"tier": ["mature"]}, against="everyone"),
    ]


def base(c: Counted, name: str) -> list[Record]:
    """Two indicators stand in the study under another base too; the printed figure is that of the other."""
    if name == "sponsor":
        other = c.share("sponsor_known"), c.share("sponsor_known", c.mature), c.share("sponsor_known", ~c.mature)
        return [
            {"indicator": "sponsor", "printed": percent(other[0])},
            {"indicator": "sponsor", "group": "mature", "printed": percent(other[1])},
            pair("sponsor", other[1], other[2]),
            {"indicator": "sponsor_known", "printed": percent(c.share("sponsor"))},
        ]
    if name == "hr":  # of those asked, and of everyone
        everyone = float((c.r["hr_diversity"] == 1).mean())
        mature = float((c.r["hr_diversity"] == 1)[c.mature].mean())
        return [
            {"indicator": "hr_diversity", "printed": percent(everyone)},
            {"indicator": "hr_diversity", "base": "everyone", "printed": percent(c.share("hr_diversity"))},
            {"indicator": "hr_diversity", "group": "mature", "printed": percent(mature)},
        ]
    return []


def hidden_filter(c: Counted, name: str) -> list[Record]:
    """The figure of those who listen and engage, told of all; and the other way round."""
    few, few_mature = c.share(name, c.profiled), c.share(name, c.profiled & c.mature)
    return [
        {"indicator": name, "printed": percent(few)},
        {"indicator": name, "filter": "listens_and_engages", "printed": percent(c.share(name))},
        {"indicator": name, "group": "mature", "printed": percent(few_mature)},
    ]


def rounding(c: Counted, name: str) -> list[Record]:
    """Cut off or rounded up where the nearest is the other."""
    p_a, p_b = c.share(name, c.mature), c.share(name, ~c.mature)
    up = 100 * p_a % 1 < 0.5
    ratio = p_a / p_b
    wrong = int(10 * ratio) + (10 * ratio % 1 < 0.5)
    return [
        {"indicator": name, "group": "mature", "printed": f"{int(100 * p_a) + up}%"},
        {"indicator": name, "comparison": "maturity", "printed": f"{wrong / 10:.1f}"},
    ]


def direction(c: Counted, name: str) -> list[Record]:
    """Groups swapped, the share of those who do not, and the share of the group among those who do."""
    p_a, p_b = c.share(name, c.mature), c.share(name, ~c.mature)
    of_those = float(c.mature[c.r[name] == 1].mean())
    return [
        pair(name, p_b, p_a),
        {"indicator": name, "comparison": "maturity", "printed": ratio_of(p_b, p_a)},
        {"indicator": name, "group": "mature", "printed": percent(1 - p_a)},
        {"indicator": name, "group": "mature", "printed": percent(of_those)},
    ]


def unit(c: Counted, name: str) -> list[Record]:
    """Points for percent, how much more for how many times, how much less for what part."""
    p_a, p_b = c.share(name, c.mature), c.share(name, ~c.mature)
    relative, points = p_a / p_b - 1, p_a - p_b
    return [
        {"indicator": name, "comparison": "maturity", "statistic": "difference",
         "printed": f"{100 * relative:.0f} points"},
        {"indicator": name, "comparison": "maturity", "printed": f"{100 * points:.0f}% more likely"},
        {"indicator": name, "comparison": "maturity", "printed": f"{relative:.1f}"},
        {"indicator": name, "comparison": None, "group": {"tier": ["beginning", "developing", "advancing"]},
         "against": {"tier": ["mature"]}, "printed": f"{100 * p_b / p_a:.0f}% less likely"},
    ]  # fmt: skip


def odds(c: Counted, name: str) -> list[Record]:
    """The ratio of the odds told as how many times as likely."""
    p_a, p_b = c.share(name, c.mature), c.share(name, ~c.mature)
    ratio = p_a / (1 - p_a) / (p_b / (1 - p_b))
    return [
        {"indicator": name, "comparison": "maturity", "printed": f"{ratio:.1f}"},
        {"indicator": name, "comparison": "maturity", "printed": {"ratio": f"{ratio:.1f}", "p_a": percent(p_a),
                                                                  "p_b": percent(p_b)}},
    ]  # fmt: skip


PLANTED: dict[str, Callable[[Counted, str], list[Record]]] = {
    "comparator": comparator, "base": base, "filter": hidden_filter, "rounding": rounding, "direction": direction,
    "unit": unit, "odds": odds,
}  # fmt: skip


def rows_of(bundled: Bundled, records: list[Record]) -> list[Record]:
    """Rows of table `claims`, in the order of the records."""
    text = (STUDIES / f"{STUDY}.yaml").read_text(encoding="utf-8")
    claims = [{name: value for name, value in {"id": f"c{i}", "says": "x", **record}.items() if value is not None}
              for i, record in enumerate(records)]  # fmt: skip
    lines = "\n".join(f"  - {json.dumps(claim)}" for claim in claims)
    study_file = study_from_text(text.replace(f"claims: {STUDY}.claims.yaml", f"claims:\n{lines}"), STUDY)
    ledger = read_ledger(bundled.home.ledger(STUDY))
    found = audited(bundled.home, study_file, published_waves(ledger), WAVE)
    rows = {row["claim"]: row for row in found.to_dict("records")}
    return [rows[claim["id"]] for claim in claims]


def differs(record: Record, own: list[Record]) -> bool:
    """Whether what is printed differs from what a sound claim of the same figures prints."""
    about = ("indicator", "comparison", "group", "against", "filter", "statistic", "base")
    same = [r for r in own if all(r.get(name) == record.get(name) for name in about) and "printed" in r]
    shown = record["printed"]
    return all(type(r["printed"]) is not type(shown) or r["printed"] != shown for r in same)


def test_sound_claims_raise_no_alarm(bundled: Bundled, counted: Counted):
    records = sound(counted)
    rows = rows_of(bundled, records)
    assert len(rows) > 140
    wrong = [(r["indicator"], r["claimed"], r["explanation"], r["coherence"]) for r in rows if r["problem"]]
    assert wrong == []
    assert {row["reproduction"] for row in rows} == {"reproduced", "no figure"}


def test_planted_errors_are_caught_with_the_right_kind_named(bundled: Bundled, counted: Counted):
    own = sound(counted)
    planted = [(kind, record) for kind, make in PLANTED.items() for name in INDICATORS for record in make(counted, name)
               if differs(record, own)]  # fmt: skip
    rows = rows_of(bundled, [record for _, record in planted])
    caught: Counter[str] = Counter()
    missed = []
    for (kind, record), row in zip(planted, rows, strict=True):
        if row["problem"] and kind in row["kinds"].split(", "):
            caught[kind] += 1
        else:
            missed.append((kind, record, row["observed"], row["kinds"], row["explanation"]))
    of = Counter(kind for kind, _ in planted)
    assert min(of.values()) >= 7
    assert sum(caught.values()) >= 0.95 * len(planted), missed
    assert all(caught[kind] >= 0.8 * of[kind] for kind in of), (caught, of, missed)
