"""The printed figures counted once more from the exports with pandas alone: no study file, no pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

PROGRAM = "Does your company have an open source program (either formal or informal) or management initiative?"
EMPLOYEES = "How many people work for your company or organization?"
INDUSTRY = "What industry vertical is your company in?"
JOURNEY = "Where is your company or organization on its open source journey? (Check all that apply)"
ACTIVITIES = "How often does your company do the following activities?"
CRITICAL = (
    "On a scale of 1-5, how business-critical is your open source program to the success of your engineering or "
    "product teams? (1= extremely critical, 5 = not at all critical)"
)
POLICY = (
    "Does your company have a formal policy governing use and contribution to open source projects in the "
    "following areas?"
)
FUNDING = (
    "In light of recent macroeconomic conditions, what is the likelihood that funding for your company's open source "
    "initiatives will increase or decrease in the upcoming fiscal year?"
)
BENEFITS = (
    "What are the areas where your company has most benefited from the open source program? (Check all that apply)"
)
BENEFIT = "Would your company benefit from an open source program?"
LOCATION = (
    "Where is the open source program or initiative located within the organization? If the effort is informal, "
    "answer based on who the primary organizers report to."
)
TRAVEL = "How often do you travel by plane?"
RECLINE = "Do you ever recline your seat when you fly?"
RUDE = "Is itrude to recline your seat on a plane?"

YesAndBase = tuple["pd.Series[bool]", "pd.Series[bool]"]


@dataclass(frozen=True)
class Definitions:
    """Who is a yes and who is in the base, by indicator and by (question, option); who is in a level; the groups."""

    indicators: Mapping[str, YesAndBase]
    answers: Mapping[tuple[str, str], YesAndBase]
    levels: Mapping[tuple[str, str], pd.Series[bool]]
    comparisons: Mapping[str, tuple[pd.Series[bool], pd.Series[bool]]]

    def count(self, key: Mapping[str, str]) -> dict[str, int]:
        """The counts of the published row with this key."""
        level = self.levels[key["segment"], key["level"]]
        yes, base = self.indicators[key["indicator"]] if "indicator" in key else self.answers[_answer(key)]
        groups = {"": level}
        if "comparison" in key:
            a, b = self.comparisons[key["comparison"]]
            groups = {"_a": level & a, "_b": level & b}
        return {
            f"{what}{end}": int((who & group).sum())
            for end, group in groups.items()
            for what, who in (("x", yes & base), ("n", base))
        }


def _answer(key: Mapping[str, str]) -> tuple[str, str]:
    return key["question"], key["option"]


def ospo(export: Path) -> Definitions:
    """Two header rows; in 2018 the parent question over the first of its columns only, in 2020 blank records last."""
    raw = pd.read_csv(export, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    cells = raw.map(lambda cell: " ".join(cell.split()))  # non-breaking spaces too
    parents = cells.loc[0].where(cells.loc[0] != "").ffill()
    names = pd.MultiIndex.from_arrays([parents, cells.loc[1]])
    d = cells.loc[2:].set_axis(names, axis=1)
    d = d[(d != "").any(axis=1)]
    everyone = pd.Series(True, index=d.index)

    def single(question: str) -> pd.Series[str]:
        """Answers to a question; blank where the wave did not ask it."""
        of = [part for part in ("Response", question) if (question, part) in names]
        return d[question, of[0]] if of else pd.Series("", index=d.index)

    def says(column: pd.Series[str], *answers: str) -> YesAndBase:
        return column.isin(answers), column != ""

    program, employees, industry = single(PROGRAM), single(EMPLOYEES), single(INDUSTRY)
    huge = employees.isin(["Greater than 10,000", "More than 10,000"])
    small, over_1000 = employees.isin(["2-50", "51-250"]), huge | employees.isin(["1,000-10,000", "1,001-10,000"])
    technology = industry == "Technology (software or IT)"
    activities = {
        "internal": "Use open source code for noncommercial or internal reasons",
        "commercial": "Use open source code in commercial products",
        "upstream": "Contribute code upstream",
        "hire": "Recruit and hire developers to work on open source projects",
        "create": "Create its own open source projects",
        "attend": "Attend and speak at open source events or conferences",
        "train": "Train developers to contribute to open source projects",
    }
    upstream, create = d[ACTIVITIES, activities["upstream"]], d[ACTIVITIES, activities["create"]]
    names_any = (d.loc[:, [column for column in names if column[0] == BENEFITS]] != "").any(axis=1)
    influences = "Influencing open source projects via leadership or maintainer roles"
    return Definitions(
        indicators={
            "has_program": (program == "Yes", everyone),
            "has_or_plans_program": (program.isin(["Yes", "No, but planning one"]), everyone),
            **{f"frequently_{name}": says(d[ACTIVITIES, row], "Frequently") for name, row in activities.items()},
            "frequently_upstream_known": (upstream == "Frequently", ~upstream.isin(["", "Don't know"])),
            "upstream_at_least_sometimes": says(upstream, "Frequently", "Sometimes"),
            "create_at_least_sometimes": says(create, "Frequently", "Sometimes"),
            "influences_projects": (d[JOURNEY, influences] != "", everyone),
            "critical": says(single(CRITICAL), "1 – Extremely critical", "2 – Very critical"),
            "policy_on_dependencies": says(d[POLICY, "Use of open source code in products (dependencies)"], "Yes"),
            "funding_to_increase": says(single(FUNDING), "Very likely to increase", "Somewhat likely to increase"),
            "funding_to_decrease": says(single(FUNDING), "Very likely to decrease", "Somewhat likely to decrease"),
            "names_lower_licensing_fees": (d[BENEFITS, "Lower licensing fees"] != "", names_any),
            "names_lower_support_costs": (d[BENEFITS, "Lower support costs"] != "", names_any),
            "would_benefit": says(single(BENEFIT), "Yes"),
            "located_in_software_engineering": says(single(LOCATION), "Software Engineering and Development"),
        },
        answers={
            ("program", "yes"): says(program, "Yes"),
            ("program", "planning"): says(program, "No, but planning one"),
            ("program", "no"): says(program, "No"),
        },
        levels={
            ("all", "all"): everyone,
            ("tier", "none"): program == "No",
            ("tier", "planning"): program == "No, but planning one",
            ("tier", "existing"): program == "Yes",
            ("size", "huge"): huge,
            ("size", "from_2_to_250"): small,
            ("size", "over_1000"): over_1000,
            ("industry", "technology"): technology,
            ("industry", "telecom"): industry == "Telecom, communications, or media",
            ("industry", "finance"): industry == "Financial Services",
            ("profile", "Technology, more than 10,000 employees"): technology & huge,
        },
        comparisons={"large": (huge, ~huge), "small_or_large": (small, over_1000)},
    )


def flying_etiquette(export: Path) -> Definitions:
    d = pd.read_csv(export, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    everyone = pd.Series(True, index=d.index)
    options = {
        "always": "Always",
        "usually": "Usually",
        "half_the_time": "About half the time",
        "once_in_a_while": "Once in a while",
        "never": "Never",
    }
    return Definitions(
        indicators={
            "ever_flown": (d[TRAVEL] != "Never", everyone),
            "rude_to_recline": (d[RUDE].isin(["Yes, somewhat rude", "Yes, very rude"]), d[RUDE] != ""),
        },
        answers={("recline", name): (d[RECLINE] == text, d[RECLINE] != "") for name, text in options.items()},
        levels={("all", "all"): everyone},
        comparisons={},
    )


DEFINITIONS = {"ospo": ospo, "flying-etiquette": flying_etiquette}
