"""The methodology statement: figures against hand counts, words that an opt-in sample must not have, drafts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import pandas as pd
import pytest
import yaml

from pipeline.errors import SurveyError
from pipeline.publish.methodology.processing import rule_words
from pipeline.publish.methodology.sampling import margin_of_error
from pipeline.publish.methodology.speech import LANGUAGES, speech
from pipeline.publish.methodology.statement import (
    EVIDENCE,
    SECTIONS,
    Evidence,
    draft_reasons,
    in_language,
    methodology_markdown,
    methodology_rows,
)
from pipeline.study.cleaning import Rule
from pipeline.study.disclosure import ELEMENTS
from pipeline.study.loading import load_study, study_from_text
from pipeline.study.model import Study
from tests.homes import STUDIES
from tests.small import STUDY_FILE

FORBIDDEN = re.compile(r"margins?\s+of\s+(\w+\s+)?error|погрешност", re.IGNORECASE)
COMPLETE = yaml.safe_dump({"disclosure": dict.fromkeys(ELEMENTS, "told") | {"mode": ["web", "telephone"]}})
DAYS = (date(2021, 2, 1), date(2021, 3, 5))
WATERFALL = [("delivered", 0, 100, None), ("blank", 0, 100, None), ("analysed", 0, 100, None)]
CELLS = [
    ("", 0, "all", 0, "all", "all", "others", 60), ("", 0, "all", 0, "all", "all", "users", 40),
    ("", 0, "all", 0, "place", "town", "others", 30), ("", 0, "all", 0, "place", "town", "users", 20),
    ("", 0, "all", 0, "place", "village", "others", 30), ("", 0, "all", 0, "place", "village", "users", 20),
]  # fmt: skip


def study(more: str = "", file: str = STUDY_FILE) -> Study:
    return study_from_text(f"{file}{more}\n").study


def evidence(waterfall: Any = None, cells: Any = None, shares: Any = (), weighting: Any = ()) -> Evidence:
    rows = [(i, *row) for i, row in enumerate(waterfall or WATERFALL)]
    found = {
        "dispositions": pd.DataFrame(rows, columns=EVIDENCE["dispositions"]),
        "cells": pd.DataFrame(cells or CELLS, columns=EVIDENCE["cells"]),
        "shares": pd.DataFrame(shares, columns=EVIDENCE["shares"]),
        "weighting": pd.DataFrame(weighting, columns=EVIDENCE["weighting"]),
    }
    return Evidence("1", found, DAYS)


def told(of: Study, by: Evidence | None = None, language: str = "en") -> dict[str, str | None]:
    return {row["element"]: row["value"] for row in methodology_rows(of, by or evidence(), language)}


def test_counts_are_those_of_the_small_study():
    """100 records, 40 of them users; every second one lives in town."""
    values = told(study())
    assert values["sample_size"] == "100 records delivered, 100 respondents analysed (100%)."
    assert values["segment_sizes"] == "Maturity tier: others 60, users 40; place: Town 50, Village 50."
    assert values["dispositions"] == "100 delivered; taken out: nobody; 100 analysed."
    assert values["fieldwork"] == "February 1, 2021 to March 5, 2021"
    assert values["population"] == "people"
    assert values["weighting"] == "Unweighted: every respondent counts once."
    assert (values["questionnaire"] or "").startswith("3 questions.")


def test_cleaning_names_rules_limits_and_counts():
    rules = "cleaning: [{rule: incomplete, answered_below: 0.8}, {rule: speeder, below_median: 0.33}]"
    waterfall = [
        ("delivered", 0, 1300, None), ("blank", 0, 1300, None), ("incomplete", 200, 1100, None),
        ("speeder", 100, 1000, 198.33), ("analysed", 0, 1000, None),
    ]  # fmt: skip
    values = told(study(rules + "\ndisclosure: {mode: web}"), evidence(waterfall))
    assert values["dispositions"] == "1,300 delivered; taken out: incomplete 200, too fast 100; 1,000 analysed."
    assert "faster than 33% of the median duration (198.3 seconds) (100)" in (values["cleaning"] or "")
    assert values["sample_size"] == "1,300 records delivered, 1,000 respondents analysed (76.9%)."
    assert (values["incomplete_questionnaires"] or "").endswith("; 200 records.")
    russian = told(study(rules), evidence(waterfall), "ru")
    assert "быстрее 33% медианной длительности (198,3 с) (100)" in (russian["cleaning"] or "")


def test_a_small_level_hides_the_sizes_of_its_segment():
    cells = [*CELLS[:2], *((*row[:-1], n) for row, n in zip(CELLS[2:], (58, 38, 2, 2), strict=True))]
    values = told(study("display: {privacy_below: 5}"), evidence(cells=cells))
    sizes = values["segment_sizes"] or ""
    assert "others 60, users 40" in sizes
    assert "place: not listed, as a group has fewer than 5 respondents" in sizes
    assert "Town" not in sizes


DESIGN = """\
sample: {type: probability, population: people}
design: {strata: place, psu: home}
weights: {main: {column: w}}
"""


def probability(more: str = DESIGN) -> Study:
    return study(more, STUDY_FILE.replace("sample: {type: opt_in, population: people}\n", ""))


def test_the_margin_of_a_simple_random_sample_is_the_textbook_one():
    """1.959964 * sqrt(0.25 / 1,000) = 3.1 points; 4.9 in 400."""
    assert margin_of_error(1000) == pytest.approx(0.0309898, abs=1e-7)
    assert margin_of_error(400) == pytest.approx(0.0489991, abs=1e-7)
    values = told(probability("sample: {type: probability, population: people}"))
    assert "margin of error of the full sample of 100 is at most ±9.8 percentage points" in (values["precision"] or "")


def test_the_margin_carries_the_design_effect_and_the_degrees_of_freedom():
    """t(0.975, 10) = 2.228139 (tables), largest design effect 2.25: 2.228139 * 1.5 * 0.05 = 16.71 points of 100."""
    assert margin_of_error(100, 2.25, 10) == pytest.approx(2.228139 * 1.5 * 0.05, rel=1e-6)
    assert margin_of_error(100, 2.25, math.inf) == pytest.approx(1.959964 * 1.5 * 0.05, rel=1e-6)
    shares = [("all", 100, 2.25, 10), ("all", 80, 1.4, 10), ("place", 50, 3.0, 10), ("all", 0, 9.0, 10)]
    values = told(probability(), evidence(shares=shares))
    assert "±16.7 percentage points" in (values["precision"] or "")
    assert "design effect of 2.25 (largest of the full sample's shares)" in (values["precision"] or "")
    russian = told(probability(), evidence(shares=shares), "ru")["precision"] or ""
    assert "Предельная погрешность" in russian
    assert "±16,7" in russian


def test_strata_and_units_are_counted_once_for_every_weight():
    cells = [
        ("main", 0, "town", unit, "all", "all", "users", 10) for unit in (1, 2, 3)
    ] + [
        ("main", 0, "village", unit, "all", "all", "users", 10) for unit in (1, 2)
    ] + [
        ("main", 0, "village", 3, "all", "all", "users", 0), ("other", 0, "town", 9, "all", "all", "users", 50),
    ]  # fmt: skip
    values = told(probability(), evidence(cells=cells))
    assert values["design"] == "2 strata; 5 sampling units; standard errors by Taylor linearisation."


def test_a_raked_weight_tells_margins_trimming_and_its_effect():
    of_all = ("main", "raked", "all", "all", None, 12, True, 0.0004, 5, 3, 0.4, 5, 1, 1.3, 76.9)
    of_one = [
        ("main", "raked", "place", place, share, *[None] * 10) for place, share in (("town", 0.6), ("village", 0.4))
    ]
    weights = "weights: {main: {rake: {place: {town: 0.6, village: 0.4}}, trim: 5}}"
    assert told(study(weights), evidence(weighting=[of_all, *of_one]))["weighting"] == (
        'Weight "main" raked to the margins of the population (place: Town 60%, Village 40%); '
        "converged after 12 sweeps, largest gap 0.04 points; trimmed at 5 mean weights, 3 respondents at that bound; "
        "weights from 0.4 to 5 around a mean of 1, design effect 1.3, effective base 77."
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("more", ["", COMPLETE, "disclosure: {mode: web}\nweights: {main: {column: w}}"])
def test_an_opt_in_sample_never_has_words_of_sampling_error(language: str, more: str):
    rows = methodology_rows(study(more), evidence(), language)
    text = methodology_markdown("Small", rows, language)
    assert not FORBIDDEN.search(text)
    assert not FORBIDDEN.search(" ".join(draft_reasons(rows, language)))
    assert ("model-based" if language == "en" else "модельные") in text


def leaves(words: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(words, dict):
        for key, below in words.items():
            yield from leaves(below, f"{place}.{key}")
    else:
        yield place, words


def test_only_the_precision_of_a_probability_sample_may_have_them():
    for language in LANGUAGES:
        found = {place for place, text in leaves(speech(language).words) if FORBIDDEN.search(text)}
        assert found == {".precision.probability"}


def test_catalogues_have_the_same_places_with_the_same_blanks():
    blanks = {
        language: {place: set(re.findall(r"{(\w+)}", text)) for place, text in leaves(speech(language).words)}
        for language in LANGUAGES
    }
    assert LANGUAGES == ("en", "ru")
    assert blanks["en"] == blanks["ru"]
    assert all(text.strip() for language in LANGUAGES for _, text in leaves(speech(language).words))


def test_every_element_of_the_study_file_has_its_one_place():
    placed = [element for elements in SECTIONS.values() for element in elements]
    assert len(placed) == len(set(placed))
    assert set(ELEMENTS) <= set(placed)
    assert set(speech("en").words["titles"]) == set(placed)


def test_every_cleaning_rule_has_words():
    kinds = get_args(get_args(Rule)[0])
    names = {get_args(kind.model_fields["rule"].annotation)[0] for kind in kinds}
    for language in LANGUAGES:
        words = speech(language).words
        assert names == set(words["outcomes"]) - {"blank"}
        assert {next((n for n in names if place == n or place.startswith(f"{n}_")), place)
                for place in words["rules"]} == names | {"blank"}  # fmt: skip
    rule = study('cleaning: [{rule: screened_out, unless: {user: ["yes"]}}]').cleaning[0]
    assert rule_words(rule, {"threshold": None}, speech("en")) == "outside the population, that is not {user: ['yes']}"


def test_a_blank_required_element_makes_a_draft_and_a_complete_disclosure_none():
    assert draft_reasons(methodology_rows(study(COMPLETE), evidence())) == []
    less = COMPLETE.replace("  cookies: told\n", "").replace("  funding: told\n", "")
    rows = methodology_rows(study(less), evidence())
    assert draft_reasons(rows) == ["not told: Cookies (cookies)"]
    assert "**Draft. Not told yet: Cookies.**" in methodology_markdown("Small", rows)
    undated = Evidence("1", evidence().found, (None, None))
    assert draft_reasons(methodology_rows(study(COMPLETE), undated)) == [
        "not told: Dates of data collection (fieldwork)"
    ]


def test_elements_apply_to_the_surveys_that_they_are_for():
    """CHERRIES to the web alone, quotas to opt-in samples, interviewers to interviews."""
    by_mail = told(study("disclosure: {mode: mail}"))
    on_the_web = told(study("disclosure: {mode: [mail, web]}"))
    assert {"cookies", "number_of_items"} <= set(on_the_web) - set(by_mail)
    assert "quotas" in by_mail
    assert "interviewers" not in by_mail
    assert "interviewers" in told(study("disclosure: {mode: telephone}"))
    assert "quotas" not in told(probability())


def test_a_wave_tells_its_own_and_else_what_the_study_tells():
    both = study("disclosure: {sponsor: A, incentive: B}\nwaves: {1: {disclosure: {incentive: C}}}")
    assert (told(both)["sponsor"], told(both)["incentive"]) == ("A", "C")


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_in_texts_and_labels_shows_as_text(language: str):
    nasty = "<script>alert(1)</script> [x](http://e) **b** `c` | # &amp;"
    file = STUDY_FILE.replace('town: "Town"', f"town: {nasty!r}")
    of = study(f"disclosure: {{sponsor: {nasty!r}}}", file)
    text = methodology_markdown(nasty, methodology_rows(of, evidence(), language), language)
    assert "<" not in text
    assert not re.search(r"(?<!\\)[\[\]`|]", text)
    assert r"&lt;script&gt;alert(1)&lt;/script&gt; \[x\](http://e) \*\*b\*\* \`c\` \| \# &amp;amp;" in text
    assert text.count("&lt;script&gt;") == 3  # title, sponsor, level


def test_another_language_is_refused_where_the_study_file_has_changed():
    rows = methodology_rows(study(), evidence())
    russian = in_language(rows, study(), evidence(), "ru")
    assert [row["element"] for row in russian] == [row["element"] for row in rows]
    with pytest.raises(SurveyError, match="another study file"):
        in_language(rows, study("disclosure: {sponsor: Other}"), evidence(), "ru")
    with pytest.raises(SurveyError, match='no methodology statement in "de"'):
        in_language(rows, study(), evidence(), "de")


def test_the_bundled_study_discloses_all_that_is_asked_and_real_ones_do_not():
    def blank(name: str) -> set[str]:
        file = load_study(STUDIES / f"{name}.yaml").study
        disclosed = file.disclosure_of("2021")
        asked = disclosed.asked(file.sample.type)
        return {e for e, who in asked.items() if who.required and getattr(disclosed, e) is None}

    assert blank("social-maturity") == set()
    assert {"recruitment", "limitations", "consent"} <= blank("ospo")
    assert "recruitment" in blank("flying-etiquette")
    bundled = load_study(STUDIES / "social-maturity.yaml").study.disclosure
    texts = [value for name in ELEMENTS if (value := getattr(bundled, name)) is not None and name != "mode"]
    assert all(set(text.by_language) == {"en", "ru"} for text in texts)
