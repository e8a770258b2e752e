"""Names that point nowhere, at another kind of thing, or in a circle; each at its line, with the nearest that fits."""

from __future__ import annotations

import pytest

from pipeline.errors import StudyFileError
from pipeline.study.loading import study_from_text
from tests.study.files import EXAMPLE, SMALL, changed, line_of, problems, refused, study

QUESTIONS = "consent, region, employees, listening, practice, teams, budget"
ROWS = "practice.crm, practice.attribution"

CASES = [
    # old, new, key, what, expected (beginning), nearest
    ("scale: frequency}", "scale: frequncy}", "questions.listening.scale", 'scale "frequncy" does not exist',
     "frequency", "frequency"),
    # conditions, wherever one stands
    ("{employees: [huge]", "{employes: [huge]", "filters.huge_north.employes", 'question "employes" does not exist',
     QUESTIONS, "employees"),
    ("[huge], region", "[Huge], region", "filters.huge_north.employees.#1",
     'selects "Huge", which question "employees" does not offer', "small, medium, huge", "huge"),
    ("[huge], region", "[huge, smal], region", "filters.huge_north.employees.#2",
     'selects "smal", which question "employees" does not offer', "small, medium, huge", "small"),
    ("[huge], region", '["more than  10,000"], region', "filters.huge_north.employees.#1",
     'selects "more than 10,000", which question "employees" does not offer', "small, medium, huge", "huge"),
    ("[huge], region", "{above: 1}, region", "filters.huge_north.employees",
     '"employees" is no number, so it has no range',
     "a list of its options", None),
    ("{at_least: 1000}", "[low]", "filters.active.any.#2.budget", 'question "budget" has no options',
     "{at_least: 1}", None),
    ("{not: {teams: [nobody]}}", "{not: {teams: [nobdy]}}", "filters.active.any.#3.not.teams.#1",
     'selects "nobdy", which question "teams" does not offer', "marketing, service, nobody", "nobody"),
    ("{not: {teams: [nobody]}}", "huge_nrth", "filters.active.any.#3", 'filter "huge_nrth" does not exist',
     "huge_north, active", "huge_north"),
    ("{not: {teams: [nobody]}}", "{practice: [often]}", "filters.active.any.#3.practice", '"practice" is a grid',
     f"one of its rows: {ROWS}", None),
    ("{not: {teams: [nobody]}}", "{practice.cmr: [often]}", "filters.active.any.#3.practice.cmr",
     '"practice" has no part "cmr"', ROWS, "practice.crm"),
    ("{not: {teams: [nobody]}}", "{region.north: [north]}", "filters.active.any.#3.region.north",
     '"region" has no parts', '"region" alone', None),
    ("{not: {teams: [nobody]}}", "active", "filters.active", "refers to itself: active -> active", "filters without",
     None),
    ('asked_if: {consent: ["yes"]}', 'asked_if: {consnt: ["yes"]}', "questions.teams.asked_if.consnt",
     'question "consnt" does not exist', QUESTIONS, "consent"),
    ('asked_if: {consent: ["yes"]}', "asked_if: {teams: [service]}", "questions.teams.asked_if",
     "depends on the question itself",
     "questions that come before it", None),
    ('asked_if: {consent: ["yes"]}', "asked_if: {teams.service: [service]}", "questions.teams.asked_if",
     "depends on the question itself",
     "questions that come before it", None),
    ('asked_if: {consent: ["yes"]}', "asked_if: active", "questions.teams.asked_if", "depends on the question itself",
     "questions that come before it", None),
    ('unless: {consent: ["yes"]}', 'unless: {consent: ["ys"]}', "cleaning.#2.unless.consent.#1",
     'selects "ys", which question "consent" does not offer', "yes, no", "yes"),
    ("{teams: [service]}", "{teams: [servce]}", "indicators.customer_service.when.teams.#1",
     'selects "servce", which question "teams" does not offer', "marketing, service, nobody", "service"),
    ("Active: active}", "Active: activ}", "segments.profile.levels.Active", 'filter "activ" does not exist',
     "huge_north, active", "active"),
    ("cuts: [70]", "answers: {less_mature: active, mature: activ}", "tiers.answers.mature",
     'filter "activ" does not exist',
     "huge_north, active", "active"),
    # waves, cleaning, design and weights
    ("admit: {options_changed", "admit: {option_changed", "waves.2022.admit.option_changed",
     'check "option_changed" does not exist', "questions_present, columns_known", "options_changed"),
    ("strata: region", "strata: practice", "design.strata", '"practice" is no question with one answer',
     "consent, region, employees, listening, budget", None),
    ("psu: company_id", "psu: teams", "design.psu", '"teams" is no question with one answer', "consent, region", None),
    ("voters: {column", "unweighted: {column", "weights.unweighted",
     '"unweighted" is what a comparison names to have no weight', "another name", None),
    ("grids: [practice]", "grids: [practise]", "cleaning.#6.grids.#1", '"practise" is no grid of several rows',
     "practice", "practice"),
    ("grids: [practice]", "grids: [practice, teams]", "cleaning.#6.grids.#2", '"teams" is no grid of several rows',
     "practice", None),
    ("{rule: test_response}", "{rule: out_of_range, questions: [budgt]}", "cleaning.#1.questions.#1",
     '"budgt" is no number with a range', "budget", "budget"),
    ("{rule: test_response}", "{rule: duplicate_answers, questions: [budgt]}", "cleaning.#1.questions.#1",
     '"budgt" is no question', QUESTIONS, "budget"),
    ("rake: {employees", "rake: {employes", "weights.main.rake.employes", '"employes" is no single-choice question',
     "consent, region, employees, listening", "employees"),
    ("rake: {employees", "rake: {teams", "weights.main.rake.teams", '"teams" is no single-choice question',
     "consent, region", None),
    ("small: 0.6", "smal: 0.6", "weights.main.rake.employees.smal", 'option "smal" does not exist',
     "small, medium, huge", "small"),
    # score and tiers
    ("[practice.crm]", "[practice.cmr]", "score.dimensions.crm.items.#1", '"practice" has no part "cmr"', ROWS,
     "practice.crm"),
    ("[practice.crm]", "[practice]", "score.dimensions.crm.items.#1", '"practice" is a grid',
     f"one of its rows: {ROWS}", None),
    ("[practice.crm]", "[budget]", "score.dimensions.crm.items.#1", '"budget" cannot be scored',
     "a single question, a grid row", None),
    ("[practice.crm]", "[teams]", "score.dimensions.crm.items.#1", '"teams" cannot be scored',
     "a single question, a grid row", None),
    ("[practice.crm]", "[practice.crm, region]", "score.dimensions.crm.items.#2",
     'options of "region" do not differ in points',
     "points for some of north, south", None),
    ("{never: 0,", "{nver: 0,", "score.points.nver", '"nver" is no option of a scored item', "never, rarely",
     "never"),
    ("cuts: [70]", "cuts: [70], labels: {matur: Mature}", "tiers.labels.matur", 'tier "matur" does not exist',
     "less_mature, mature", "mature"),
    ("cuts: [70]", "quantiles: [0.9], within: profile", "tiers.within", '"profile" is no segment without overlap',
     "size, spend", None),
    ("cuts: [70]", "quantiles: [0.9], within: siz", "tiers.within", '"siz" is no segment without overlap',
     "size, spend", "size"),
    # segments
    ("{question: employees", "{question: employes", "segments.size.question", 'question "employes" does not exist',
     QUESTIONS, "employees"),
    ("{question: employees", "{question: practice", "segments.size.question", '"practice" is a grid',
     f"one of its rows: {ROWS}", None),
    ("{question: employees", "{question: practice.cmr", "segments.size.question", '"practice" has no part "cmr"',
     ROWS, "practice.crm"),
    ("{question: employees", "{bands: [3], question: employees", "segments.size.bands",
     'goes with numbers, and "employees" has options', "`nets`", None),
    ("{question: employees", "{question: teams", "segments.size.nets", "ticks overlap, so nets would",
     "a segment by `levels`", None),
    ("bands: [1000, 100000]", "bands: [1], nets: {a: [b]}", "segments.spend.nets", "bands have no options to join",
     "a segment by `levels`", None),
    (", bands: [1000, 100000]", "", "segments.spend", '"budget" is a number, so the segment needs bands',
     "bands: [1000, 5000]", None),
    ("[small, medium]}", "[smal, medium]}", "segments.size.nets.up_to_10000.#1", '"smal" is no level',
     "small, medium, huge", "small"),
    ("[small, medium]}", "{of: [smal], label: x}}", "segments.size.nets.up_to_10000.#1", '"smal" is no level',
     "small, medium, huge", "small"),
    ("{up_to_10000:", "{huge:", "segments.size.nets.huge", 'net "huge" has the name of an option', "another name",
     None),
    # comparisons
    ("a: {tier: [mature]}", "a: {tier: [matur]}", "comparisons.maturity.a.tier.#1", 'tier "matur" does not exist',
     "less_mature, mature", "mature"),
    ("b: everyone_else", "b: {size: [small, mdium]}", "comparisons.large.b.size.#2",
     'level of size "mdium" does not exist',
     "small, medium, huge, up_to_10000", "medium"),
    ("b: everyone_else", "b: {siz: [small]}", "comparisons.large.b.siz", 'segment "siz" does not exist',
     "size, profile, spend, tier", "size"),
    ("b: everyone_else", "b: {size: [huge]}", "comparisons.large.b", "is the same group as `a`",
     "groups that differ", None),
    ("a: {size: [huge]}, b: everyone_else", "a: {size: [medium, small]}, b: {size: [up_to_10000]}",
     "comparisons.large.b",
     "is the same group as `a`", "groups that differ", None),
    ("a: {size: [huge]}, b: everyone_else", "a: {size: [up_to_10000, huge]}, b: rest", "comparisons.large.b",
     "is empty: `a` names all of size", "everyone_else, or fewer in `a`", None),
    ("a: {size: [huge]}", "a: {size: [huge], spend: [below_1000]}", "comparisons.large",
     "uses 2 segments (size, spend)", "one, or a segment", None),
    ("a: {size: [huge]}", "a: {profile: [Active, Huge in the north]}", "comparisons.large",
     'uses 2 levels of segment "profile", which may overlap: Active, Huge in the north', "one, as who is in several",
     None),
    ("a: {size: [huge]}, b: everyone_else", "a: {profile: [Active]}, b: {profile: [Huge in the north]}",
     "comparisons.large",
     'uses 2 levels of segment "profile", which may overlap: Active, Huge in the north', "one, as who is in several",
     None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "what", "expected", "close"), CASES)
def test_one_mistake_is_one_problem_at_its_line(
    old: str, new: str, key: str, what: str, expected: str, close: str | None
):
    error = refused(changed(old, new))
    assert (error.where, error.what) == (f"study.yaml, line {line_of(EXAMPLE, old)}", f"{key}: {what}")
    assert error.details["expected"].startswith(expected)
    assert error.details.get("nearest") == close


def test_each_part_of_a_long_condition_has_its_own_line():
    text = (
        SMALL
        + """filters:
  f:
    any:
      - {choice: [a]}
      - all:
          - not:
              ticks:
                - x
                - nosuch
          - number: {above: 1}
            rows.one: [oftn]
      - nosuch
"""
    )
    assert problems(text) == [
        'line 17: filters.f.any.#2.all.#1.not.ticks.#2: selects "nosuch", which question "ticks" does not offer',
        'line 19: filters.f.any.#2.all.#2.rows.one.#1: selects "oftn", which question "rows.one" does not offer',
        'line 20: filters.f.any.#3: filter "nosuch" does not exist',
    ]


def test_a_misspelt_scale_is_one_problem_though_much_depends_on_it():
    text = (
        SMALL
        + """scales: {often: {no: Never, yes: Often}}
weights: {w: {rake: {scaled: {no: 1}}}}
score: {points: {no: 0, yes: 1}, dimensions: {d: {items: [scaled, grid.one, multi.no]}}}
tiers: {order: [low, high], cuts: [50]}
segments: {s: {question: scaled, nets: {all_of_it: [no, yes]}}, m: {question: multi}}
indicators: {i: {when: {scaled: [yes], grid.one: [yes], multi: [no]}}}
comparisons: {c: {a: {s: [no]}, b: rest}}
"""
    )
    text = text.replace("  words:", """\
  scaled: {type: single, text: S, scale: ofen}
  grid: {type: grid, text: G, scale: ofen, rows: {one: One}}
  multi: {type: multiple, text: M, scale: ofen}
  words:""")  # fmt: skip
    assert [problem.split(": ", 1)[1] for problem in problems(text)] == [
        f'questions.{name}.scale: scale "ofen" does not exist' for name in ("scaled", "grid", "multi")
    ]
    assert study(text.replace("ofen", "often")).indicator_columns


def test_circles_of_filters_and_of_questions():
    text = SMALL + "filters: {a: {any: [b, {choice: [a]}]}, b: {not: c}, c: a}\n"
    (problem,) = problems(text)
    assert "refers to itself: " in problem
    assert problem.split("itself: ")[1] in ("a -> b -> c -> a", "b -> c -> a -> b", "c -> a -> b -> c")
    text = SMALL.replace('text: "Which?",', 'text: "Which?", asked_if: f,').replace(
        'text: "What else?"}', 'text: "What else?", asked_if: {choice: [a]}}'
    )
    (problem,) = problems(text + "filters: {f: {words: {answered: yes}}}\n")
    assert "depends on questions that depend on this one: " in problem
    assert problem.split("this one: ")[1] in ("choice -> words -> choice", "words -> choice -> words")


def test_a_filter_that_stands_on_a_circle_is_no_problem_of_its_own():
    text = SMALL + "filters: {a: b, b: a, c: a}\nindicators: {i: {when: c}}\n"
    assert len(problems(text)) == 1


def test_filters_that_would_grow_without_end_are_refused():
    doubling = "".join(f"  f{i + 1}: {{any: [f{i}, f{i}]}}\n" for i in range(20))
    text = f"{SMALL}filters:\n  f0: {{choice: [a]}}\n{doubling}indicators: {{i: {{when: f20}}}}\n"
    assert problems(text) == ["line 24: filters.f14: comes to 16,384 conditions, its filters written out"]
    chain = "".join(f"  f{i}: f{i + 1}\n" for i in range(5000))
    assert problems(f"{SMALL}filters:\n{chain}  f5000: {{choice: [a]}}\n") == [
        "line 4970: filters.f4960: stands on 40 filters in a row"
    ]


def test_forty_filters_in_a_row_are_enough():
    chain = "".join(f"  f{i}: f{i + 1}\n" for i in range(39))
    assert len(study(f"{SMALL}filters:\n{chain}  f39: {{choice: [a]}}\n").filters) == 40


def test_tiers_need_what_they_are_cut_from():
    start, end = EXAMPLE.index("score:"), EXAMPLE.index("tiers:")
    without = EXAMPLE[:start] + EXAMPLE[end:]
    assert problems(without) == [
        f"line {line_of(without, 'tiers:')}: tiers: cuts the score, but there is no section `score`"
    ]
    text = changed("cuts: [70]", "quantiles: [0.9]", changed("baseline: 2021", "#"))
    assert problems(text) == ["line 69: tiers.quantiles: needs a baseline wave to take the quantiles from"]


def test_free_text_divides_nobody():
    assert problems(SMALL + "segments: {s: {question: words}}\n") == [
        'line 9: segments.s.question: "words" is free text'
    ]


def test_a_grid_of_one_row_has_no_straight_liners():
    text = SMALL.replace(", two: Second", "") + "cleaning: [{rule: straightliner, grids: [rows]}]\n"
    assert problems(text) == ['line 9: cleaning.#1.grids.#1: "rows" is no grid of several rows']


def test_a_tick_has_no_points():
    text = SMALL + "score: {points: {x: 5, y: 1}, dimensions: {d: {items: [ticks.x, ticks.y]}}}\n"
    assert problems(text) == [
        f'line 9: score.points.{option}: "{option}" is no option of a scored item' for option in "xy"
    ]


@pytest.mark.parametrize(
    "comparison",
    [
        "{a: {tier: [mature]}, b: rest}",
        "{a: {size: [huge]}, b: everyone}",
        "{a: {size: [huge, small]}, b: {size: [up_to_10000]}}",
        "{a: {size: [huge, up_to_10000]}, b: everyone_else}",
        "{a: {profile: [Active]}, b: rest}",
        "{a: {profile: [Active], tier: [mature]}, b: {profile: [Active], tier: [less_mature]}}",
        "{a: {profile: [Active]}, b: {tier: [mature]}}",
        "{a: {size: [huge], tier: [mature]}, b: {size: [huge], tier: [less_mature]}}",
        "{a: {spend: [below_1000]}, b: {spend: [1000_to_100000, 100000_and_more]}}",
    ],
)
def test_comparisons_that_the_cells_can_tell(comparison: str):
    text = changed("  large: {a: {size: [huge]}, b: everyone_else}", f"  large: {comparison}")
    assert "large" in study(text).comparisons


def test_more_indicators_than_one_pass_can_sum_are_refused():
    """DuckDB ends the process at 10,923 sums of 24 bytes; with weights each indicator has six."""
    lines = "".join(f"  i{i}: {{when: {{q: [a]}}}}\n" for i in range(1601))
    head = "title: T\nsample: {type: opt_in, population: p}\nquestions: {q: {type: single, text: Q, options: {a: A}}}\n"
    assert study_from_text(f"{head}indicators:\n{lines}").study.indicators
    with pytest.raises(StudyFileError, match="at most 1,600"):
        study_from_text(f"{head}weights: {{main: {{column: w}}}}\nindicators:\n{lines}")
