"""Conditions and bases: random ones against the words of the study file, written down again in plain Python."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import tables
from pipeline.maturity.tiers import respondents_query
from pipeline.study.analysis import Indicator
from pipeline.study.columns import Resolver, indicator_columns
from pipeline.study.conditions import parse_condition
from pipeline.study.loading import study_from_text
from tests.records import names_of, responses_of, run, table_of

STUDY = study_from_text("""
title: Conditions
sample: {type: opt_in, population: people}
questions:
  role: {type: single, text: Role, options: {chief: Chief, clerk: Clerk, dk: {text: "Don't know", is: dont_know}}}
  follow: {type: single, text: Follow, scale: degree, asked_if: {role: [chief]}}
  often: {type: grid, text: Often, scale: degree, rows: {x: X, y: Y}, asked_if: {not: {role: [clerk]}}}
  teams:
    type: multiple
    text: Teams
    options: {service: Service, sales: Sales, nobody: {text: None, is: none}, dk: {text: Unsure, is: dont_know}}
    asked_if: {any: [{role: [chief]}, {budget: {at_least: 10}}]}
  budget: {type: number, text: Budget}
  why: {type: text, text: Why}
scales:
  degree: {low: Low, high: High, refused: {text: Rather not say, is: refused}}
""").study

OPTIONS = {
    "role": ["chief", "clerk", "dk"], "follow": ["low", "high", "refused"], "often.x": ["low", "high", "refused"],
    "often.y": ["low", "high", "refused"], "teams": ["service", "sales", "nobody", "dk"],
}  # fmt: skip
WITHOUT_CONTENT = {"dk", "refused"}
ASKED_IF = {
    "follow": {"role": ["chief"]}, "often.x": {"not": {"role": ["clerk"]}}, "often.y": {"not": {"role": ["clerk"]}},
    "teams": {"any": [{"role": ["chief"]}, {"budget": {"at_least": 10}}]},
}  # fmt: skip
FILTERS = {
    "chief": {"role": ["chief"]},
    "no_chief": {"not": "chief"},
    "well": {"any": ["no_chief", {"often.x": ["high"]}]},
}

# -- what a respondent answered: question -> option, set of options, number, or 1; no key where there is no answer

ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        **{q: st.sampled_from(options) for q, options in OPTIONS.items() if q != "teams"},
        "teams": st.sets(st.sampled_from(OPTIONS["teams"]), min_size=1),
        "budget": st.sampled_from([-1.0, 0.0, 9.5, 10.0, 1e6]),
        "why": st.just(1),
    },
)


def record(answers: dict[str, Any]) -> dict[str, Any]:
    """As a row of `responses`."""
    row: dict[str, Any] = {}
    for question, answer in answers.items():
        if question == "teams":
            row |= {f"teams__{option}": int(option in answer) for option in OPTIONS["teams"]}
        else:
            row[question.replace(".", "__")] = answer
    return row


# -- conditions as written in a study file

CHOSEN = st.sampled_from(list(OPTIONS)).flatmap(
    lambda q: st.lists(st.sampled_from(OPTIONS[q]), min_size=1, max_size=2).map(lambda some: {q: some})
)
LIMITS = st.sampled_from([(0, 9.5), (9.5, 10), (10, 11)])
BETWEEN = st.tuples(LIMITS, st.sampled_from(["at_least", "above", None]), st.sampled_from(["at_most", "below"])).map(
    lambda r: ({r[1]: r[0][0]} if r[1] else {}) | {r[2]: r[0][1]}
)
ANSWERED = st.builds(
    lambda q, yes: {q: {"answered": yes}}, st.sampled_from([*OPTIONS, "budget", "why"]), st.sampled_from(["yes", "no"])
)
RANGE = BETWEEN | st.sampled_from([{"at_least": 9.5}, {"above": 9.5}, {"at_most": 10}, {"below": 10}])
LEAF = st.one_of(CHOSEN, CHOSEN, RANGE.map(lambda limits: {"budget": limits}), ANSWERED, st.sampled_from(list(FILTERS)))


def merged(parts: list[Any]) -> dict[str, Any]:
    """Several conditions as the keys of one mapping, which means all of them."""
    return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()} or {"all": parts}


CONDITION = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=2, max_size=3).map(merged),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=6,
)


def holds(condition: Any, answers: dict[str, Any]) -> bool:
    """True or false, never unknown: without an answer a leaf is false, and `not` of it true."""
    if isinstance(condition, str):
        return holds(FILTERS[condition], answers)
    return all(_part(key, value, answers) for key, value in condition.items())


def _part(key: str, value: Any, answers: dict[str, Any]) -> bool:
    if key == "any":
        return any(holds(part, answers) for part in value)
    if key == "all":
        return all(holds(part, answers) for part in value)
    if key == "not":
        return not holds(value, answers)
    answer = answers.get(key)
    if isinstance(value, dict) and "answered" in value:
        return (answer is not None) == (value["answered"] == "yes")
    if answer is None:
        return False
    if isinstance(value, list):
        return bool(answer & set(value)) if isinstance(answer, set) else answer in value
    signs = {"at_least": answer.__ge__, "at_most": answer.__le__, "above": answer.__gt__, "below": answer.__lt__}
    return all(signs[name](limit) for name, limit in value.items())


def questions_in(condition: Any) -> set[str]:
    if isinstance(condition, str):
        return questions_in(FILTERS[condition])
    found: set[str] = set()
    for key, value in condition.items():
        if key in ("any", "all"):
            found |= set().union(*map(questions_in, value))
        else:
            found |= questions_in(value) if key == "not" else {key}
    return found


def in_base(rule: str, question: str, answers: dict[str, Any]) -> bool:
    """The comment at the end of the example of a study file."""
    if rule == "everyone":
        return True
    if rule == "asked":
        return holds(ASKED_IF[question], answers) if question in ASKED_IF else True
    answer = answers.get(question)
    if rule == "answered" or answer is None:
        return answer is not None
    return not WITHOUT_CONTENT & (answer if isinstance(answer, set) else {answer})


INDICATOR = st.tuples(st.sampled_from(["everyone", "asked", "answered", "substantive"]), CONDITION)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(INDICATOR, min_size=1, max_size=10),
    st.lists(ANSWERS, min_size=1, max_size=8),
    st.sets(st.sampled_from([*OPTIONS, "budget", "why"]), max_size=2),
    st.booleans(),
)
def test_indicators_follow_the_words_of_the_study_file(indicators, respondents, lacking, whole):
    """Some waves lack questions: an indicator that needs one is unknown for everybody, not a no."""
    lacking = set() if whole else lacking
    respondents = [{q: answer for q, answer in answers.items() if q not in lacking} for answers in respondents]
    declared = {f"i{k}": Indicator(when=when, base=rule) for k, (rule, when) in enumerate(indicators)}
    resolver = Resolver(STUDY.variables, {name: parse_condition(raw) for name, raw in FILTERS.items()})
    study = STUDY.model_copy(update={"indicators": declared, "filters": dict(resolver.filters)})
    gone = {question.replace(".", "__") for question in lacking}
    available = {name for name in names_of(study) if name not in gone and name.split("__")[0] not in gone}
    query = respondents_query(None, None, (), indicator_columns(declared, resolver), resolver, available)
    found = run(
        query, tables.RESPONDENTS, study,
        responses=responses_of(study, [record(answers) for answers in respondents] + [{"role": "chief"}]),
        screening=table_of(
            tables.SCREENING, study,
            [{"source_row": i + 1, "disposition": "analysed"} for i in range(len(respondents))]
            + [{"source_row": len(respondents) + 1, "disposition": "spam"}],
        ),
        scores=table_of(tables.SCORES, study, []),
    ).to_pylist()  # fmt: skip
    for k, (rule, when) in enumerate(indicators):
        questions = questions_in(when)
        needed = questions | (
            {q for name in questions if name in ASKED_IF for q in questions_in(ASKED_IF[name])}
            if rule == "asked"
            else set()
        )
        for row, answers in zip(found, respondents, strict=False):
            expected = None
            if not needed & lacking and all(in_base(rule, q, answers) for q in questions):
                expected = int(holds(when, answers))
            assert row[f"i{k}"] == expected, (rule, when, answers)
        assert found[-1][f"i{k}"] is None  # not analysed
