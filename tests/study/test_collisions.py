"""Two declarations for one option, one column of a delivery, or one column of ours."""

from __future__ import annotations

import pytest

from tests.study.files import EXAMPLE, HEAD, SMALL, changed, line_of, problems, refused, study

# The example without comparisons and weights, so that names in it can be changed in one place.
LOOSE = "".join(
    f"{line}\n"
    for line in EXAMPLE.splitlines()
    if not line.startswith(("comparisons:", "  maturity:", "  large:", "weights:", "  main:", "  voters:"))
).replace("nets: {up_to_10000: [small, medium]}", "nets: {}")

CASES = [
    # old, new, key, what
    ("rarely: Rarely", 'rarely: " NEVER "', "scales.frequency.rarely", 'has the text of option "never"'),
    ('medium: "250-10,000"', 'medium: "1–249"', "questions.employees.options.medium",
     'has the text of option "small"'),
    ('medium: "250-10,000"', 'Small: "x"', "questions.employees.options.Small",
     'differs from option "small" by case only'),
    ('was: {2021: "Greater than 10,000"}', 'was: {2021: "1-249"}', "questions.employees.options.huge.was.2021",
     'is the text of option "small" in wave 2021'),
    ("text: Yearly budget", 'text: "which teams  use social?"', "questions.budget.text",
     "looks for the same column as `teams`"),
    ('text: "Which teams use social?"', "column: qid7", "questions.teams.column",
     "looks for the same column as `listening`"),
    ("text: Yearly budget", "text: Which teams use social? - Marketing", "questions.budget.text",
     "looks for the same column as `teams.marketing`"),
    ("column: QID7", "column: ResponseID", "questions.listening.column", "looks for the same column as `columns.id`"),
    ("attribution: attribute sales to social", "attribution: Link social data to CRM",
     "questions.practice.rows.attribution",
     "looks for the same column as `practice.crm`"),
    ("started: StartDate", "started: RESPONSEID", "columns.started", "names the column of `columns.id`"),
    ("id: ResponseId", "id: RecipientEmail", "columns.id", "is listed under `personal`, and would be kept"),
    ("[IPAddress, RecipientEmail]", '["How many people*"]', "questions.employees",
     "is listed under `personal`, and would be kept"),
    ("[IPAddress, RecipientEmail]", '["qid?"]', "questions.listening",
     "is listed under `personal`, and would be kept"),
    ("  size: {q", "  score_crm: {q", "segments.score_crm",
     'needs the column "score_crm", which is dimension crm of the score'),
    ("  listens: {w", "  score_crm: {w", "indicators.score_crm",
     'needs the column "score_crm", which is dimension crm of the score'),
    ("  listens: {w", "  size: {w", "indicators.size", 'needs the column "size", which is segment size'),
    ("  listens: {w", "  profile: {w", "indicators.profile", 'needs the column "profile", which is segment profile'),
    ("  listens: {w", "  score: {w", "indicators.score", 'needs the column "score", which is a column of its own'),
    ("  listens: {w", "  all: {w", "indicators.all", 'needs the column "all", which is a column of its own'),
    ("Active: active}", '"huge in (the) north!": active}', "segments.profile.levels.huge in (the) north!",
     'needs the column "profile__huge_in_the_north", which is level "Huge in the north" of segment profile'),
    ("[less_mature, mature]", "[without_tier, mature]", "tiers.order.#1",
     '"without_tier" stands for respondents without a tier'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "what"), CASES)
def test_one_collision_is_one_problem_at_its_line(old: str, new: str, key: str, what: str):
    error = refused(changed(old, new, LOOSE))
    marker = f"  {key.split('.')[1]}:" if "personal" in what else old
    assert (error.where, error.what) == (f"study.yaml, line {line_of(LOOSE, marker)}", f"{key}: {what}")


@pytest.mark.parametrize(
    "name", ["id", "wave", "status", "duration", "source_row", "progress", "any", "all", "not", "tier"]
)
def test_a_question_cannot_have_a_name_of_ours(name: str):
    text = SMALL.replace("  words:", f"  {name}:")
    assert problems(text) == [f'line 8: questions.{name}: "{name}" is a word of the study file or a column of its own']


@pytest.mark.parametrize("name", ["level", "score", "n", "cut_1", "segment", "select", "order", "group", "weight"])
def test_a_question_may_have_a_name_that_means_something_elsewhere(name: str):
    assert name in study(SMALL.replace("  words:", f"  {name}:")).questions


def test_a_segment_or_an_indicator_may_be_called_as_its_question():
    text = SMALL + "segments: {choice: {question: choice}}\nindicators: {number: {when: {number: {above: 1}}}}\n"
    assert study(text).segment_columns[0].name == "choice"


def test_levels_of_a_multiple_question_may_not_make_one_column():
    text = SMALL.replace("{x: X, y: Y,", "{x: X, x_: Y,") + "segments: {s: {question: ticks}}\n"
    assert problems(text) == ['line 9: segments.s: needs the column "s__x", which is level "x" of segment s']


def two_questions(first: str, second: str) -> str:
    return f"{HEAD}questions:\n  one: {{{first}}}\n  two: {{{second}}}\n"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("type: text, text: Why?", "type: text, text: Why?, column: Q2"),
        ("type: text, text: Why?, waves: [2021]", "type: text, text: Why?, waves: [2022, 2023]"),
        ("type: grid, text: Why?, options: {a: A}, rows: {x: X}", "type: text, text: Why?"),
        (
            "type: grid, text: Why?, options: {a: A}, rows: {x: X}",
            "type: grid, text: Why?, options: {a: A}, rows: {y: Y}",
        ),
    ],
)
def test_questions_that_can_be_told_apart(first: str, second: str):
    assert len(study(two_questions(first, second)).questions) == 2


@pytest.mark.parametrize(
    ("first", "second", "at", "other"),
    [
        ("type: text, text: Why?", 'type: number, text: " <b>WHY?</b>"', "text", "one"),
        ("type: text, text: Why?, waves: [2021, 2022]", "type: text, text: Why?, waves: [2022, 2023]", "text", "one"),
        ("type: text, text: Why?", "type: text, text: Why?, waves: [2022]", "text", "one"),
        ("type: text, text: Why?, waves: [2022]", "type: text, text: Why?", "text", "one"),
        ("type: text, column: Q1", "type: text, column: q1", "column", "one"),
        ("type: grid, text: Why?, options: {a: A}, rows: {x: X}",
         "type: grid, text: Why?, options: {a: A}, rows: {y: x}",
         "rows.y", "one.x"),
        ("type: grid, text: Why?, options: {a: A}, rows: {x: {text: X, column: Q1}}", "type: text, column: Q1",
         "column", "one.x"),
        ("type: multiple, column: Q1, options: {a: A}", "type: multiple, column: Q1, options: {b: B}", "column",
         "one"),
    ],
)  # fmt: skip
def test_questions_that_look_for_one_column(first: str, second: str, at: str, other: str):
    error = refused(two_questions(first, second))
    assert (error.where, error.what) == (
        "study.yaml, line 5",
        f"questions.two.{at}: looks for the same column as `{other}`",
    )
    assert error.details["do"] == "tell them apart with `column`"


def test_a_renamed_option_may_take_a_text_that_another_gave_up():
    options = "{a: {text: New, was: {2021: Old}}, b: {text: Old, was: {2021: Oldest}}}"
    assert study(f"{HEAD}questions: {{q: {{type: single, text: Q, options: {options}}}}}").questions
    options = "{a: {text: A, was: {2021: Same}}, b: {text: B, was: {2021: same}}}"
    assert problems(f"{HEAD}questions: {{q: {{type: single, text: Q, options: {options}}}}}") == [
        'line 3: questions.q.options.b.was.2021: is the text of option "a" in wave 2021'
    ]


def test_an_open_answer_may_be_personal_as_its_words_are_not_kept():
    text = SMALL + 'columns: {personal: ["What else?"]}\n'
    assert study(text).columns.personal == ("What else?",)
