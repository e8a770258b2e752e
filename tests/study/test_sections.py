"""What the model makes of each section of the example, and of what is left out."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.study.conditions import All, AnyOf, Chosen, Filter, InRange, Not
from pipeline.study.disclosure import Disclosure
from pipeline.study.labels import either, level_label, segment_label, tier_label
from pipeline.study.model import Study
from tests.study.files import EXAMPLE, HEAD, SMALL, changed, study


@pytest.fixture(scope="module")
def example() -> Study:
    return study(EXAMPLE)


def test_head(example: Study):
    assert (example.format, example.synthetic, example.baseline) == ("1", True, "2021")
    assert (example.title.get(), example.title.get("ru")) == ("Social maturity survey", "Опрос о зрелости")
    assert example.title.get("de") == "Social maturity survey"
    assert (example.sample.type, example.sample.population) == ("opt_in", "marketers")


def test_waves(example: Study):
    assert example.waves["2021"].fieldwork == (date(2021, 2, 1), date(2021, 3, 5))
    assert example.waves["2022"].admit == {"options_changed": "added on purpose"}


def test_columns(example: Study):
    assert example.columns.named == {"id": "ResponseId", "started": "StartDate", "finished": "EndDate"}
    assert example.columns.personal == ("IPAddress", "RecipientEmail")
    assert example.columns.ignore == ("Q_*",)


def test_scales_and_options(example: Study):
    assert [(key, option.text, option.mark) for key, option in example.scales["frequency"].items()] == [
        ("never", "Never", None), ("rarely", "Rarely", None), ("sometimes", "Sometimes", None),
        ("often", "Frequently", None), ("dk", "Don't know", "dont_know"),
    ]  # fmt: skip


def test_questions(example: Study):
    kinds = {name: question.type for name, question in example.questions.items()}
    assert kinds == {"consent": "single", "region": "single", "employees": "single", "listening": "single",
                     "practice": "grid", "teams": "multiple", "budget": "number"}  # fmt: skip
    huge = example.questions["employees"].options["huge"]
    assert (huge.text_in("2021"), huge.text_in("2022")) == ("Greater than 10,000", "More than 10,000")
    assert example.questions["employees"].breaks == {"2022": "bands changed"}
    assert [example.questions["region"].asked_in(wave) for wave in ("2021", "2022")] == [True, False]
    assert example.questions["budget"].asked_in("2022")
    assert example.questions["budget"].range == (0, 1_000_000_000)
    assert example.questions["listening"].column == ("QID7",)
    assert {key: row.text for key, row in example.questions["practice"].rows.items()} == {
        "crm": "link social data to CRM", "attribution": "attribute sales to social",
    }  # fmt: skip


def test_filters(example: Study):
    assert example.filters["huge_north"] == All((Chosen("employees", ("huge",)), Chosen("region", ("north",))))
    assert example.filters["active"] == AnyOf(
        (Chosen("listening", ("often",)), InRange("budget", at_least=1000), Not(Chosen("teams", ("nobody",))))
    )


def test_cleaning(example: Study):
    rules = example.cleaning
    assert [rule.rule for rule in rules] == ["test_response", "no_consent", "incomplete", "duplicate_id", "speeder",
                                             "straightliner", "excluded"]  # fmt: skip
    assert rules[1].unless == Chosen("consent", ("yes",))
    assert (rules[2].answered_below, rules[2].progress_below) == (0.8, None)
    assert rules[3].keep == "most_complete"
    assert (rules[4].below_median, rules[4].below_seconds) == (0.33, None)
    assert rules[5].grids == ("practice",)
    assert rules[6].ids == {"R_8xQ": "asked to be removed"}


def test_every_cleaning_rule_is_read():
    text = (
        SMALL
        + """cleaning:
  - {rule: spam}
  - {rule: bot}
  - {rule: bot, recaptcha_below: 0.3}
  - {rule: screened_out, unless: {choice: [a]}}
  - {rule: attention_check, unless: {rows.one: [often]}}
  - {rule: incomplete, progress_below: 100}
  - {rule: duplicate_id, keep: first}
  - {rule: duplicate_answers}
  - {rule: duplicate_answers, questions: [choice, ticks]}
  - {rule: speeder, below_seconds: 90}
  - {rule: out_of_range}
  - {rule: out_of_range, questions: [number]}
"""
    )
    rules = study(text).cleaning
    assert (rules[1].recaptcha_below, rules[2].recaptcha_below) == (0.5, 0.3)
    assert rules[4].unless == Chosen("rows.one", ("often",))
    assert (rules[5].progress_below, rules[9].below_seconds) == (100, 90)
    assert (rules[8].questions, rules[10].questions, rules[11].questions) == (("choice", "ticks"), (), ("number",))


def test_design_and_weights(example: Study):
    assert (example.design.strata, example.design.psu, example.design.lonely_psu) == ("region", "company_id", "adjust")
    assert example.weights["main"].rake == {"employees": {"small": 0.6, "medium": 0.3, "huge": 0.1}}
    assert (example.weights["main"].trim, example.weights["voters"].column) == (5, "lv_weight")


def test_score_and_tiers(example: Study):
    assert example.score.points == {"never": 0, "rarely": 1, "sometimes": 2, "often": 3}
    crm = example.score.dimensions["crm"]
    assert (crm.items, crm.weight, crm.min_answered) == (("practice.crm",), 1, 1)
    assert (example.tiers.order, example.tiers.cuts) == (("less_mature", "mature"), (70,))


def test_segments_indicators_comparisons(example: Study):
    assert {name: net.of for name, net in example.segments["size"].nets.items()} == {"up_to_10000": ("small", "medium")}
    assert example.segments["profile"].levels == {"Huge in the north": Filter("huge_north"), "Active": Filter("active")}
    assert example.segments["spend"].bands == (1000, 100_000)
    assert example.indicators["customer_service"].base == "asked"
    assert example.indicators["listens"].base == "answered"
    assert example.comparisons["maturity"].b == {"tier": ("less_mature",)}
    assert example.comparisons["large"].b == "everyone_else"


def test_the_rest(example: Study):
    assert (example.display.suppress_below, example.display.footnote_below) == (30, 100)
    assert example.claims == "social-maturity.claims.yaml"
    told = example.disclosure
    assert told.sponsor
    assert told.incentive
    assert (told.sponsor.get(), told.mode, told.incentive.get()) == ("Example", ("web",), "none")


def test_claims_may_stand_in_the_file():
    text = changed(
        "claims: social-maturity.claims.yaml", "claims: [{id: s, says: x, indicator: listens, more_than: 20%}]"
    )
    (claim,) = study(text).claim_set.claims
    assert (claim.id, claim.says, claim.indicator, claim.measures, claim.operators) == (
        "s", "x", "listens", "share", {"more_than": 0.2}
    )  # fmt: skip


def test_almost_everything_may_be_left_out():
    bare = study(SMALL)
    assert (bare.format, bare.synthetic, bare.baseline, bare.score, bare.tiers) == ("1", False, None, None, None)
    left_out = (
        bare.waves,
        bare.filters,
        bare.weights,
        bare.segments,
        bare.indicators,
        bare.comparisons,
    )
    assert left_out == ({},) * 6
    assert (bare.cleaning, bare.design, bare.claims, bare.disclosure) == ((), None, None, Disclosure())


@pytest.mark.parametrize(("written", "meant"), [("yes", True), ("no", False), ("true", True), ("false", False)])
def test_yes_and_no_convert_where_the_model_wants_them(written: str, meant: bool):
    assert study(SMALL + f"synthetic: {written}").synthetic is meant


@pytest.mark.parametrize(
    ("written", "meant"), [("1e1", 10.0), ("0.5", 0.5), ("+7", 7.0), ('"20"', 20.0), ("010", 10.0)]
)
def test_numbers_convert_where_the_model_wants_them(written: str, meant: float):
    text = SMALL + f"segments: {{s: {{question: number, bands: [{written}]}}}}"
    assert study(text).segments["s"].bands == (meant,)


@pytest.mark.parametrize("written", ["yes", "no", "2018", "10,000", "1e3", "null", "NaN", "12:30"])
def test_texts_stay_texts(written: str):
    text = (
        f"{HEAD}questions:\n  q:\n    type: single\n    text: {written}\n    options:\n      b: B\n      a: {written}\n"
    )
    question = study(text).questions["q"]
    assert (question.text, question.options["a"].text) == (written, written)


def test_long_texts_are_fine():
    long = "words" * 1000
    question = study(SMALL.replace("Which?", long).replace("a: A,", f"a: {long},")).questions["choice"]
    assert len(question.text) == len(question.options["a"].text) == 5000


def test_sql_in_texts_is_text():
    nasty = "'); DROP TABLE respondents; --"
    text = SMALL.replace("a: A,", f'a: "{nasty}",') + f'segments: {{s: {{levels: {{"{nasty}": {{choice: [a]}}}}}}}}'
    found = study(text)
    assert found.questions["choice"].options["a"].text == nasty
    (segment,) = found.segment_columns
    assert segment.columns == {nasty: "s__drop_table_respondents"}


def test_labels(example: Study):
    resolver = example.resolver
    assert tier_label(example.tiers, "less_mature") == "less mature respondents"
    assert level_label(example.segments, resolver, "size", "huge") == "More than 10,000"
    assert level_label(example.segments, resolver, "size", "up_to_10000") == "up to 10000"
    assert level_label(example.segments, resolver, "profile", "Huge in the north") == "Huge in the north"
    assert segment_label(example.segments, "spend") == "spend"
    assert [either(list(names)) for names in ("a", "ab", "abc")] == ["a", "a or b", "a, b or c"]


def test_a_net_takes_a_label():
    labelled = '{up_to_10000: {of: [small, medium], label: {en: "up to 10,000", ru: "до 10 000"}}, big_ones: [huge]}'
    found = study(changed("{up_to_10000: [small, medium]}", labelled))
    assert found.segment_columns[0].nets == {"up_to_10000": ("small", "medium"), "big_ones": ("huge",)}
    labels = [level_label(found.segments, found.resolver, "size", net) for net in ("up_to_10000", "big_ones")]
    assert labels == ["up to 10,000", "big ones"]
    assert level_label(found.segments, found.resolver, "size", "up_to_10000", "ru") == "до 10 000"


def test_a_tick_only_score_needs_no_points():
    text = SMALL + "score: {dimensions: {d: {items: [ticks.x, ticks.y]}}}\ntiers: {order: [low, high], cuts: [50]}"
    assert study(text).score.points == {}
