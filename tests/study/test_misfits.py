"""A value that does not fit: its line, its key, what was expected, what was found, and the nearest valid name."""

from __future__ import annotations

import pytest

from tests.study.files import EXAMPLE, HEAD, SMALL, changed, line_of, problems, refused

UNKNOWN = "is not a key here"
NUMBER = "a number such as 1000 or 0.5"
MAPPING = "a mapping, key: value"

CASES = [
    # old, new, key, what, expected (beginning), nearest
    ("format: 1", "format: 2", "format", 'has "2"', "1, all that this release reads", None),
    ("disclosure:", "disclosur:", "disclosur", UNKNOWN, "format, title, synthetic", "disclosure"),
    ("{en: Social", "{english: Social", "title.english", "is not a language code", "a code such as en, ru", None),
    ("{en: Social maturity survey", "{en: []", "title.en", "is no text", "a text", None),
    ("synthetic: true", "synthetic: maybe", "synthetic", 'has "maybe"', "yes or no", None),
    ("type: opt_in", "type: opt-in", "sample.type", 'has "opt-in"', "opt_in, probability", "opt_in"),
    ("population: marketers", "populaton: x", "sample.populaton", UNKNOWN, "type, population", "population"),
    ("population: marketers", 'population: " "', "sample.population", "is blank", "a text", None),
    ("{type: opt_in, population: marketers}", "{type: opt_in}", "sample", "misses the key `population`", None, None),
    ("baseline: 2021", "baseline: ../2021", "baseline", '"../2021" is not a wave name', "letters, digits", None),
    ("  2021: {field", "  20/21: {field", "waves.20/21", '"20/21" is not a wave name', "letters, digits", None),
    ("[2021-02-01, 2021-03-05]", "[2021-03-06, 2021-03-05]", "waves.2021.fieldwork", "ends before it begins",
     "[first", None),
    ("2021-02-01", "01.02.2021", "waves.2021.fieldwork.#1", '"01.02.2021" is not a date',
     "a date such as 2018-06-15", None),
    ("2021-03-05", "2021-02-30", "waves.2021.fieldwork.#2", '"2021-02-30" is not a date',
     "a date such as 2018-06-15", None),
    ("2021-03-05", "1614902400", "waves.2021.fieldwork.#2", '"1614902400" is not a date', "a date such as", None),
    ("[2021-02-01, 2021-03-05]", "[2021-02-01]", "waves.2021.fieldwork", "has 1 entry", "one more", None),
    ("[2021-02-01, 2021-03-05]", "2021-02-01", "waves.2021.fieldwork", 'has "2021-02-01"', "a list", None),
    ("fieldwork", "fieldwrok", "waves.2021.fieldwrok", UNKNOWN, "fieldwork, files, reading, admit", "fieldwork"),
    ("{fieldwork", "{files: [../a.csv], fieldwork", "waves.2021.files.#1", '"../a.csv" is not a file name',
     "the name of a file", None),
    ("started:", "startd:", "columns.startd", UNKNOWN, "id, started, finished", "started"),
    ("[IPAddress, RecipientEmail]", "IPAddress", "columns.personal", 'has "IPAddress"', "a list", None),
    ("never: Never", "never: [Never]", "scales.frequency.never", "has a list", "a text, or {text: ...}", None),
    ("never: Never", "ne-ver: Never", "scales.frequency.ne-ver", "is not an option name", "letters, digits",
     "ne_ver"),
    ("is: dont_know", "is: dontknow", "scales.frequency.dk.is", 'has "dontknow"', "dont_know, refused, none, other",
     "dont_know"),
    ("  teams:", "  Teams:", "questions.Teams", "is not a name", "lower-case letters", "teams"),
    ("  teams:", "  my__teams:", "questions.my__teams", "is not a name", "lower-case letters", "my_teams"),
    ("type: number", "type: numbr", "questions.budget.type", 'has "numbr"', "single, multiple, grid, number, text",
     "number"),
    ("type: number", "type: [number]", "questions.budget.type", "has a list", "single, multiple", "number"),
    ("{type: number, text", "{typ: number, text", "questions.budget", "misses the key `type`", "single, multiple",
     "typ"),
    ("text: Yearly", "txt: Yearly", "questions.budget.txt", UNKNOWN, "text, column, label, asked_if, missing",
     "text"),
    ("text: Yearly budget, ", "", "questions.budget", "needs `text` or `column`, to be found in the export", None,
     None),
    ("text: Yearly budget", 'text: "<br/>"', "questions.budget.text", "is blank", "a text", None),
    ("[0, 1000000000]", "[5, 0]", "questions.budget.range", "is not in order", "[lowest, highest]", None),
    ("[0, 1000000000]", "[0]", "questions.budget.range", "has 1 entry", "one more", None),
    ("[0, 1000000000]", "[0, 1, 2]", "questions.budget.range", "has 3 entries", "at most 2", None),
    ("[0, 1000000000]", '[0, "1,000"]', "questions.budget.range.#2", 'has "1,000"', NUMBER, None),
    ("waves: [2021]", "waves: [2021, ..]", "questions.region.waves.#2", '".." is not a wave name', "letters", None),
    ("waves: [2021]", "waves: []", "questions.region.waves", "is empty", "at least 1", None),
    ("breaks: {2022", "breaks: {20 22", "questions.employees.breaks.20 22", '"20 22" is not a wave name', "letters",
     None),
    ("was: {2021", "was: {20/21", "questions.employees.options.huge.was.20/21", '"20/21" is not a wave name',
     "letters", None),
    ("scale: frequency}", "scale: frequency, options: {a: A}}", "questions.listening",
     "needs either `options` or `scale`", None, None),
    ("    rows: {crm: link social data to CRM, attribution: attribute sales to social}", "    rows: {}",
     "questions.practice.rows", "is empty", "at least 1", None),
    ("{rule: test_response}", "{rule: test_respons}", "cleaning.#1.rule", 'has "test_respons"',
     "test_response, spam", "test_response"),
    ("{rule: test_response}", "{rul: spam}", "cleaning.#1", "misses the key `rule`", "test_response, spam", "rul"),
    ("{rule: test_response}", "spam", "cleaning.#1", 'has "spam"', MAPPING, None),
    ("answered_below", "answerd_below", "cleaning.#3.answerd_below", UNKNOWN, "rule, answered_below",
     "answered_below"),
    ("0.8}", "80}", "cleaning.#3.answered_below", 'has "80"', "at most 1", None),
    ("0.33}", "33%}", "cleaning.#5.below_median", 'has "33%"', NUMBER, None),
    ("0.33}", "1}", "cleaning.#5.below_median", 'has "1"', "less than 1", None),
    ("0.33}", "0.33, below_seconds: 60}", "cleaning.#5", "needs either `below_median` or `below_seconds`", None,
     None),
    ("keep: most_complete", "keep: most_complet", "cleaning.#4.keep", 'has "most_complet"', "most_complete, first",
     "most_complete"),
    ("{R_8xQ: asked to be removed}", "[R_8xQ]", "cleaning.#7.ids", "has a list", MAPPING, None),
    ("{R_8xQ: asked to be removed}", "{}", "cleaning.#7.ids", "is empty", "at least 1", None),
    ("lonely_psu: adjust", "lonely_psu: ajust", "design.lonely_psu", 'has "ajust"', "fail, remove", "adjust"),
    ("small: 0.6", "small: -1", "weights.main.rake.employees.small", 'has "-1"', "more than 0", None),
    ("trim: 5", "trim: inf", "weights.main.trim", 'has "inf"', NUMBER, None),
    ("column: lv_weight", "replicates: {kind: sdr, columns: [a, b]}", "weights.voters",
     "needs `column`, `rake` or both", None, None),
    ("weight: 1,", "weight: 0,", "score.dimensions.crm.weight", 'has "0"', "more than 0", None),
    ("min_answered: 1", "min_answered: 3", "score.dimensions.crm.min_answered",
     "is more than the dimension has items", "at most 1", None),
    ("min_answered: 1", "min_answered: 0.5", "score.dimensions.crm.min_answered", 'has "0.5"', "a whole number",
     None),
    ("[practice.crm]", "[practice.crm, practice.crm]", "score.dimensions.crm.items.#2", 'names "practice.crm" twice',
     "each item once", None),
    ("cuts: [70]", "cuts: [70, 80]", "tiers.cuts", "has 2 cuts for 2 tiers", "1", None),
    ("cuts: [70]", "cuts: 70", "tiers.cuts", 'has "70"', "a list", None),
    ("cuts: [70]", "cuts: [7O]", "tiers.cuts.#1", 'has "7O"', NUMBER, None),
    ("cuts: [70]", "cuts: [0]", "tiers.cuts.#1", 'has "0"', "more than 0", None),
    ("cuts: [70]", "cuts: [700]", "tiers.cuts.#1", 'has "700"', "at most 100", None),
    ("cuts: [70]", "cut: [70]", "tiers.cut", UNKNOWN, "order, labels, cuts", "cuts"),
    ("cuts: [70]", "cuts: [70], quantiles: [0.9]", "tiers", "has cuts, quantiles", "one of `cuts`", None),
    (", cuts: [70]", "", "tiers", "has no way to tell tiers", "one of `cuts`", None),
    ("cuts: [70]", "cuts: [70], within: size", "tiers.within", "goes with `quantiles` only", None, None),
    ("cuts: [70]", "quantiles: [1.5]", "tiers.quantiles.#1", 'has "1.5"', "less than 1", None),
    ("mature], cuts: [70]", "mature, top], cuts: [70, 70]", "tiers.cuts", "does not rise", "each cut above", None),
    ("[less_mature, mature]", "[mature, mature]", "tiers.order", "names a tier twice", "each tier once", None),
    ("cuts: [70]", "answers: {less_mature: active, matur: active}", "tiers.answers.matur",
     'tier "matur" is not in `order`',
     "less_mature, mature", "mature"),
    ("cuts: [70]", "answers: {mature: active}", "tiers.answers", "does not say who is less_mature",
     "a condition for each of less_mature, mature", None),
    ("bands: [1000, 100000]", "band: [1000]", "segments.spend.band", UNKNOWN, "question, nets, bands, levels, label",
     "bands"),
    ("bands: [1000, 100000]", "bands: [1000, 10]", "segments.spend.bands", "does not rise", "each band above", None),
    ("[small, medium]}", "small}", "segments.size.nets.up_to_10000", 'has "small"',
     "a list of options, or {of: [...], label: ...}", None),
    ("[small, medium]}", "[]}", "segments.size.nets.up_to_10000", "is empty", "at least 1", None),
    ("[small, medium]}", "{off: [small]}}", "segments.size.nets.up_to_10000.off", UNKNOWN, "of, label", "of"),
    ("[small, medium]}", "{label: x}}", "segments.size.nets.up_to_10000", "misses the key `of`", None, None),
    ("bands: [1000, 100000]", "bands: []", "segments.spend.bands", "does not rise", "each band above", None),
    ("{question: budget, bands: [1000, 100000]}", "{label: x}", "segments.spend",
     "needs either `question` or `levels`", None, None),
    ("Active: active}", '"a\\nb": active}', "segments.profile.levels.a b", "is not a label", "one line of text",
     None),
    ("Active: active}", '" ": active}', "segments.profile.levels. ".rstrip(), "is not a label", "one line of text",
     None),
    ("  size: {q", "  size__x: {q", "segments.size__x", "is not a name", "lower-case letters", "size_x"),
    ("base: asked", "base: askd", "indicators.customer_service.base", 'has "askd"', "everyone, asked, answered",
     "asked"),
    ("listens: {when", "listens: {whn", "indicators.listens.whn", UNKNOWN, "when, base, label", "when"),
    ("b: everyone_else", "b: everyone_els", "comparisons.large.b", 'has "everyone_els"',
     "rest, everyone_else, everyone", "everyone_else"),
    ("b: everyone_else", "b: [huge]", "comparisons.large.b", "has a list", MAPPING, None),
    ("b: everyone_else", "b: {size: huge}", "comparisons.large.b.size", 'has "huge"', "a list", None),
    ("b: everyone_else", "b: {}", "comparisons.large.b", "is empty", "at least 1", None),
    ("a: {size: [huge]}", "a: {size: []}", "comparisons.large.a.size", "is empty", "at least 1", None),
    ("claims: social-maturity.claims.yaml", "claims: ../x.yaml", "claims", '"../x.yaml" is not a file name',
     "the name of a file", None),
    ("claims: social-maturity.claims.yaml", "claims: {a: b}", "claims.a", UNKNOWN, "claims, margins, readings, notes",
     None),
    ("claims: social-maturity.claims.yaml", "claims: [a]", "claims.#1", 'has "a"', MAPPING, None),
    ("disclosure: {sponsor: Example, mode: web, incentive: none}", "disclosure: none", "disclosure", 'has "none"',
     MAPPING, None),
    ("sponsor: Example", "sponsr: Example", "disclosure.sponsr", UNKNOWN, "sponsor, conductor", "sponsor"),
    ("mode: web", "mode: wbe", "disclosure.mode", 'has "wbe"', "web, telephone, in_person", "web"),
    ("incentive: none}", "incentive: {en: 'no margin of error'}}", "disclosure.incentive.en",
     'speaks of "margin of error", which an opt-in sample does not know', None, None),
    ("disclosure:", "display: {suppress_below: 50, footnote_below: 40}\ndisclosure:", "display.footnote_below",
     "is under `suppress_below`", "at least 50", None),
    ("disclosure:", "display: {suppress_below: 1e1}\ndisclosure:", "display.suppress_below", 'has "1e1"',
     "a whole number", None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "what", "expected", "close"), CASES)
def test_one_mistake_is_one_problem_at_its_line(
    old: str, new: str, key: str, what: str, expected: str | None, close: str | None
):
    error = refused(changed(old, new))
    line = line_of(EXAMPLE, old)
    assert (error.where, error.what) == (f"study.yaml, line {line}", f"{key}: {what}")
    assert error.details.get("nearest") == close
    if expected is None:
        assert "expected" not in error.details
    else:
        assert error.details["expected"].startswith(expected)


@pytest.mark.parametrize("nonsense", ["nan", "NaN", ".nan", "inf", "-inf", "Infinity", ".inf", "1e400"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cuts: [70]", "cuts: [{}]"),
        ("cuts: [70]", "quantiles: [{}]"),
        ("bands: [1000, 100000]", "bands: [1000, {}]"),
        ("range: [0, 1000000000]", "range: [{}, 5]"),
        ("{at_least: 1000}", "{{below: {}}}"),
        ("trim: 5", "trim: {}"),
        ("small: 0.6", "small: {}"),
        ("weight: 1,", "weight: {},"),
        ("never: 0,", "never: {},"),
        ("below_median: 0.33", "below_seconds: {}"),
    ],
)
def test_a_number_is_finite_wherever_one_is_read(old: str, new: str, nonsense: str):
    error = refused(changed(old, new.format(nonsense)))
    assert error.where == f"study.yaml, line {line_of(EXAMPLE, old)}"
    assert error.what.endswith(f'has "{nonsense}"')
    assert error.details["expected"] == NUMBER


def test_another_format_is_the_only_problem_that_is_told():
    error = refused("format: 3\ntitles: x\nquestions: [new, kind]\n")
    assert (error.where, error.what) == ("study.yaml, line 1", 'format: has "3"')
    assert error.details["expected"] == "1, all that this release reads"


def test_what_is_missing_is_named_at_what_misses_it():
    assert problems("questions: {q: {type: text}}\n") == [
        "line 1: misses the key `title`",
        "line 1: misses the key `sample`",
        "line 1: questions.q: needs `text` or `column`, to be found in the export",
    ]


def test_an_unknown_key_hides_what_seems_to_be_missing_for_it_and_nothing_else():
    text = changed("text: Yearly", "txt: Yearly", changed("lonely_psu: adjust", "lonly_psu: adjust, stratum: x"))
    text = changed("b: everyone_else", "b: everyone_els", text)
    assert problems(text) == [
        "line 44: questions.budget.txt: is not a key here",
        "line 59: design.lonly_psu: is not a key here",
        "line 59: design.stratum: is not a key here",
        'line 80: comparisons.large.b: has "everyone_els"',
    ]


def test_a_key_called_as_the_type_of_its_question_does_not_hide_the_place():
    """pydantic puts the tag `text` before the key; the question has a key of that name."""
    text = f"{HEAD}questions:\n  q:\n    type: text\n    text: What?\n    waves: [../x]\n"
    assert problems(text) == ['line 7: questions.q.waves.#1: "../x" is not a wave name']


@pytest.mark.parametrize(
    "section",
    ["questions", "scales", "filters", "segments", "weights", "indicators", "comparisons", "columns", "sample", "waves",
     "design", "score", "tiers", "display", "cleaning"],
)  # fmt: skip
def test_a_section_of_another_shape(section: str):
    what, written = ("a mapping", "{a: b}") if section == "cleaning" else ("a list", "[a, b]")
    kept = "".join(f"{line}\n" for line in SMALL.splitlines() if not line.startswith(section))
    if section == "questions":
        kept = HEAD
    kept += f"{section}: {written}\n"
    error = refused(kept)
    assert (error.where, error.what) == (f"study.yaml, line {len(kept.splitlines())}", f"{section}: has {what}")
    assert error.details["expected"] == ("a list, [..., ...]" if what == "a mapping" else MAPPING)


def test_many_problems_are_cut_short():
    text = SMALL + "".join(f"nosuch{i}: 1\n" for i in range(1000))
    message = str(refused(text))
    assert message.startswith("study.yaml: more than 50 problems, the first 50 of them:\n")
    assert message.count("is not a key here") == 50


def test_problems_stand_in_the_order_of_the_file():
    text = changed("b: everyone_else", "b: everyone_els", changed("synthetic: true", "synthetic: maybe"))
    assert [problem.split(":")[0] for problem in problems(text)] == ["line 5", "line 80"]


def test_texts_of_the_file_stand_in_messages_on_one_short_line():
    error = refused(SMALL + '"a\\n\\n  b": 1\n')
    assert error.what == "a b: is not a key here"
    error = refused(SMALL.replace("type: number", f"type: {'x' * 3000}"))
    assert len(str(error)) < 300
