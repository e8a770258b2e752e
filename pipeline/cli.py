"""The `survey` command. Everything slow is imported inside the command that needs it."""

from __future__ import annotations

import atexit
import gc
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.errors import SurveyError, counted, listed, nearest
from pipeline.settings import BUNDLED_STUDIES, PROJECT, Home, home

if TYPE_CHECKING:
    from pipeline.study.written import StudyFile


class InOrder(click.Group):
    """Commands in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Where nobody reads on, as `head` does not, the command is done; click itself would end it with 1."""
        try:
            found = super().invoke(ctx)
            sys.stdout.flush()
            return found
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE


@click.group(cls=InOrder, context_settings={"max_content_width": 120})
def app() -> None:
    """From raw survey exports to findings that can be defended. Study files lie in studies/, deliveries in
    data/raw/<study>/<wave>/, both in the current folder or in SURVEY_HOME."""


DONE, DATA_SAY_NO, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
DEMO = "social-maturity"
MOST_WARNINGS, WARNING = 10, 155  # lines after a run, and characters of one
LARGE = 100_000_000  # bytes of a delivery that takes about a second to read

of_study = click.argument("study", help="Name of a study file, without .yaml.")
of_wave = click.argument("wave", help="A published wave.")
one_wave = click.option("--wave", help="One wave only.")
json_too = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


class DataSayNo(Exception):
    """A check failed or a wave is quarantined: the command worked, and its answer is no."""


def command() -> None:
    """Entry point of the command: `main`, then the process ends at once.

    Hundreds of thousands of objects come with the imports, and none of them is garbage. Collecting often, and taking
    everything apart at the end, would cost a quarter of a run; the end of the process does it for nothing.
    """
    gc.set_threshold(50_000, 50, 100)
    code: object = DONE
    try:
        main()
    except SystemExit as end:
        code = end.code
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else DONE if code is None else DATA_SAY_NO)


def main() -> None:
    """Runs the command. Problems go to standard error. Exit codes: 0, 1 the data say no, 2 wrong use, 130 Ctrl+C."""
    logging.getLogger("survey.alerts").addHandler(logging.NullHandler())  # the command itself says what went wrong
    try:
        sys.exit(app(prog_name="survey", standalone_mode=False))
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except click.Abort:
        print("Interrupted. What was published before stays.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except DataSayNo as no:
        print(no, file=sys.stderr)
        sys.exit(DATA_SAY_NO)
    except SurveyError as error:
        from pipeline.printing import harmless

        print(harmless(str(error)), file=sys.stderr)
        sys.exit(WRONG_USE)
    except OSError as error:
        print(f"{error.filename or 'survey'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(WRONG_USE)


def _example(text: str) -> str:
    return f"Example: survey {text}"


def _study_file(where: Home, study: str) -> StudyFile:
    """The study file, which is validated once a command looks into it: what is published is shown without."""
    from pipeline.study.written import STUDY_NAME, read_study_file

    path = where.study_file(study)
    named = re.fullmatch(STUDY_NAME, study) is not None
    if not named or not path.is_file():
        names = [p.stem for p in where.studies.glob("*.yaml") if "." not in p.stem]
        raise SurveyError(
            str(where.studies), f'there is no study "{study}"', found=", ".join(sorted(names)) or "no study files",
            expected=None if named else "lower-case letters, digits, - and _, at most 60, without .yaml",
            nearest=nearest(study, names), do="set SURVEY_HOME, or run from the folder that holds studies/",
        )  # fmt: skip
    return read_study_file(path)


@app.command(epilog=_example("demo"))
@json_too
def demo(as_json: bool) -> None:
    """Make the bundled synthetic waves, run everything, print the findings."""
    import tempfile

    from pipeline.study.waves import Wave
    from pipeline.synthetic import make_waves, read_planted

    where = home()
    _bundled_study(where)
    study_file = _study_file(where, DEMO)
    print(f"Making the synthetic waves of {DEMO} ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        planted = read_planted(BUNDLED_STUDIES / f"{DEMO}.planted.yaml")
        from pipeline.ingest.landing import land

        for path in make_waves(study_file, planted, Path(folder)):
            declared = study_file.study.waves.get(path.parent.name, Wave()).files
            land(path, where.raw(DEMO) / path.parent.name, declared)
    _run(where, study_file, None)
    comparison = next(iter(study_file.study.comparisons))
    _print_findings(DEMO, study_file.study.baseline, comparison, False, False, as_json)
    if not as_json:
        print(
            f"\nThe data are synthetic. Published: {where.database(DEMO)}\n"
            f"Next: survey ui · survey findings {DEMO} --wave 2022 · survey waves {DEMO} · "
            f'survey query {DEMO} "SELECT * FROM tiers"'
        )


def _bundled_study(where: Home) -> None:
    """Puts the bundled study file into a home that has none of its name."""
    import shutil

    target = where.study_file(DEMO)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        for companion in BUNDLED_STUDIES.glob(f"{DEMO}.claims.yaml"):
            shutil.copyfile(companion, target.with_name(companion.name))
        shutil.copyfile(BUNDLED_STUDIES / target.name, target)


@app.command(epilog=_example("init ~/Downloads/export.csv --study customers --wave 2021"))
@click.argument("export", type=click.Path(path_type=Path), help="An export as the platform wrote it.")
@click.option("--study", required=True, help="Name of the new study.")
@click.option("--wave", help="Name of the wave; else the year of the fieldwork, or 1.")
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="For exports in codes: a table with the columns variable, value and label.",
)
def init(export: Path, study: str, wave: str | None, labels: Path | None) -> None:
    """Draft a study file from an export, and put the export in place as its first wave."""
    from pipeline.drafting.start import start

    if export.is_file() and export.stat().st_size > LARGE:
        print(f"Reading {export} ...", file=sys.stderr)
    started = start(home(), export, study, wave, labels)
    print(f"{started.study_file} drafted, {started.delivery} added as wave {started.wave}")
    for line in started.report:
        print(f"  {line}")
    print(f"Next: look at the lines marked `check` · survey check {study} · survey run {study}")


@app.command(epilog=_example("add ospo 2018 ~/Downloads/export.csv"))
@of_study
@click.argument("wave", help="Name of the wave, such as 2021.")
@click.argument("file", type=click.Path(path_type=Path), help="The export as the platform wrote it.")
def add(study: str, wave: str, file: Path) -> None:
    """Put a delivery into data/raw, checked and hashed. A corrected one sets the former aside."""
    from pipeline.ingest.landing import land, same_elsewhere
    from pipeline.study.waves import Wave, check_wave_name

    where = home()
    study_file = _study_file(where, study)
    check_wave_name(wave)
    if file.is_file() and file.stat().st_size > LARGE:
        print(f"Reading {file} ...", file=sys.stderr)
    declared = study_file.study.waves.get(wave, Wave()).files
    landed = land(file, where.raw(study) / wave, declared, study_file.study.reading_of(wave))
    layout = landed.source.layout
    state = "is there already" if landed.already_there else "added"
    size = f"{counted(landed.records, 'record')}, {counted(len(layout.columns), 'column')}"
    print(f"{landed.path} {state}: {layout.platform}, {size}, sha256 {landed.sha256}")
    if (where.dagster / "history").is_dir():  # so that the wave stands in a UI that is open
        from assets.running import register_all

        register_all(where)
    for name in landed.superseded:
        print(f"set aside: {name}, the former delivery of wave {wave}")
    for path in same_elsewhere(landed):
        print(f"warning: {path} holds the same bytes: is one of the two waves the wrong one?", file=sys.stderr)
    if study_file.study.waves and wave not in study_file.study.waves:
        place = study_file.document.where(("waves",))
        known = listed(study_file.study.waves)
        print(f"warning: {place}: `waves` does not list {wave}, but {known}: is the name right?", file=sys.stderr)
    print(f"Next: survey check {study} · survey run {study} --wave {wave}")


@app.command(epilog=_example("check ospo"))
@of_study
@json_too
def check(study: str, as_json: bool) -> None:
    """Read a study file and its exports as a reviewer would; write nothing."""
    from pipeline.checking.check import remarks
    from pipeline.printing import harmless, print_rows

    where = home()
    found = list(remarks(where, _study_file(where, study), where.wave_folders(study)))
    if as_json:
        print_rows([vars(remark) for remark in found], ("weight", "where", "what"), True)
    else:
        for remark in found:
            print(harmless(f"{remark.weight:8}{remark.where}: {remark.what}"))
    errors = sum(remark.weight == "error" for remark in found)
    warnings = sum(remark.weight == "warning" for remark in found)
    if errors:
        raise DataSayNo(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}")
    if not as_json:
        print(f"In order: {counted(warnings, 'warning')}.")


@app.command(epilog=_example("run ospo --wave 2018"))
@of_study
@one_wave
def run(study: str, wave: str | None) -> None:
    """Run the study's waves and publish them: the same assets as in the UI, with the same history."""
    where = home()
    _run(where, _study_file(where, study), wave)


def _run(where: Home, study_file: StudyFile, wave: str | None) -> None:
    from assets.running import known_waves, run_study
    from pipeline.printing import harmless
    from pipeline.tables import made_for

    study = study_file.name
    waves = known_waves(where, study_file, wave)
    with _progress(len(waves) * len(made_for(study_file.study)) + 1) as told:
        outcomes = run_study(where, study_file, waves, told)
    problems: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.problem:
            problems.setdefault(outcome.problem, []).append(f"wave {outcome.wave}" if outcome.wave else "publication")
    for problem, failed in problems.items():
        print(harmless(f"{study}, {', '.join(failed)} failed:\n{problem}"), file=sys.stderr)
    bad = [outcome.wave for outcome in outcomes if outcome.problem and outcome.wave]
    good = [name for name in waves if name not in bad]
    published = all(outcome.wave for outcome in outcomes if outcome.problem)
    if good and published:
        print(f"Published {', '.join(good)}: {where.database(study)}", file=sys.stderr)
        _repeat_warnings(where, study, good)
    if problems:
        what = f"{len(bad)} of {counted(len(waves), 'wave')} failed" if bad else "publication failed"
        raise DataSayNo(f"{what}; survey waves {study} shows what is published")


def _repeat_warnings(where: Home, study: str, waves: list[str]) -> None:
    """Repeats the failed checks of published waves, one a line: an indicator may be empty because of them."""
    from pipeline.printing import harmless
    from pipeline.reading import rows_of
    from pipeline.study.problems import one_line

    sql = "SELECT wave, check_name, measured FROM quality_checks WHERE NOT passed AND wave IN (SELECT unnest(?))"
    rows = rows_of(where, study, f"{sql} ORDER BY ALL", [waves])[1]
    for row in rows[:MOST_WARNINGS]:
        line = one_line(f"warning: wave {row['wave']}, {row['check_name']}: {row['measured']}", WARNING)
        print(harmless(f"  {line}"), file=sys.stderr)
    if rows:
        more = f"{len(rows) - MOST_WARNINGS:,} more, and all" if len(rows) > MOST_WARNINGS else "All"
        print(f"  {more} at length: survey check {study}, or table quality_checks", file=sys.stderr)


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[str, str], None]]:
    """A line that shows what is being made; plain lines where standard error is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:32}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    # A handle of its own: Dagster may point standard error elsewhere while it runs a step.
    with os.fdopen(os.dup(2), "w") as terminal:
        console = Console(file=terminal, stderr=True)
        with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
            task = progress.add_task("starting", total=steps)

            def told(kind: str, text: str) -> None:
                if kind == "step":
                    progress.update(task, advance=1, description=text)
                elif kind == "kept":
                    progress.update(task, advance=int(text))
                else:
                    console.print(text, markup=False, highlight=False)

            yield told


@app.command(epilog=_example("ui --port 3000"))
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535), help="Port on this machine.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def ui(port: int, host: str) -> None:
    """Open Dagster's UI on this home's studies; its history lasts."""
    import signal
    import socket

    from assets.running import dagster_home, register_all

    where = home()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SurveyError(f"{host}:{port}", "cannot be listened on", found=error.strerror, do="--port N") from error
    environment = {**os.environ, "DAGSTER_HOME": str(dagster_home(where)), "SURVEY_HOME": str(where.root)}
    register_all(where)
    print(f"Dagster is starting on http://{host}:{port} (end it with Ctrl+C)", file=sys.stderr, flush=True)
    # `dagster dev` says that `dg dev` follows it; that one is not installed for those who only run surveys.
    arguments = ["-W", "ignore::Warning", "-m", "dagster", "dev", "-m", "assets.definitions", "-d", str(PROJECT)]
    options = ["-h", host, "-p", str(port), "--log-level", "warning"]
    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # in a script's background it is ignored, and Dagster then ignores TERM
    os.execve(sys.executable, [sys.executable, *arguments, *options], environment)


@app.command(epilog=_example("findings social-maturity --comparison maturity"))
@of_study
@one_wave
@click.option("--comparison", help="One comparison only.")
@click.option("--segments", is_flag=True, help="Also within the levels of segments.")
@click.option("--sentences", is_flag=True, help="What may be said, in words.")
@json_too
def findings(
    study: str, wave: str | None, comparison: str | None, segments: bool, sentences: bool, as_json: bool
) -> None:
    """Print the published findings; without --wave those of the last wave."""
    _print_findings(study, wave, comparison, segments, sentences, as_json)


def _print_findings(
    study: str, wave: str | None, comparison: str | None, segments: bool, sentences: bool, as_json: bool
) -> None:
    from pipeline.ledger import read_ledger
    from pipeline.printing import print_rows
    from pipeline.reading import opened, rows_in
    from pipeline.standing import not_judged

    where = home()
    study_file = _study_file(where, study)
    for name, how in not_judged(where, study_file, read_ledger(where.ledger(study))).items():
        print(f"wave {name}: {how}: survey run {study} --wave {name}", file=sys.stderr)
    with opened(where, study) as con:
        published = rows_in(con, "SELECT wave, synthetic FROM waves WHERE published")[1]
        _known(f"{study}, published waves", wave, [row["wave"] for row in published])
        _known(f"{study}, comparisons", comparison, list(study_file.section("comparisons")))
        conditions = ["wave = COALESCE(?, (SELECT MAX(wave) FROM waves WHERE published))"]
        values: list[str | None] = [wave]
        if comparison is not None:
            conditions.append("comparison = ?")
            values.append(comparison)
        if not segments:
            conditions.append("segment = 'all'")
        sql = f"SELECT * FROM findings WHERE {' AND '.join(conditions)} ORDER BY comparison, segment, level, ratio DESC"
        names, rows = rows_in(con, sql, values)
    if as_json:
        print_rows(rows, names, True)
        return
    if not rows:
        print(f"No findings: {study} has none for this choice. survey waves {study} lists what is published.")
        return
    if sentences:
        for row in rows:
            print(f"{row['finding_id']}\n  {row['wording']}")
        return
    title = f"{study}, wave {rows[0]['wave']}{', SYNTHETIC DATA' if any(row['synthetic'] for row in published) else ''}"
    print_rows([_finding_line(row) for row in rows], tuple(_finding_line(rows[0])), False, title)


def _known(where: str, name: str | None, valid: list[str]) -> None:
    if name is not None and name not in valid:
        found = ", ".join(valid) or "none"
        raise SurveyError(where, f'there is no "{name}"', found=found, nearest=nearest(name, valid))


def _known_wave(where: Home, study: str, wave: str | None) -> None:
    """Raises SurveyError for a wave that is not published."""
    from pipeline.reading import rows_of

    published = [row["wave"] for row in rows_of(where, study, "SELECT wave FROM waves WHERE published")[1]]
    _known(f"{study}, published waves", wave, published)


def _finding_line(row: dict[str, object]) -> dict[str, object]:
    from pipeline.printing import shown

    def percent(share: object) -> str:
        return f"{100 * share:.1f}%" if isinstance(share, float) else ""

    def times(ratio: object) -> str:
        return f"{ratio:.2f}" if isinstance(ratio, float) and ratio != float("inf") else shown(ratio)

    place = "" if row["segment"] == "all" else f" [{row['segment']}: {row['level']}]"
    return {
        "comparison": f"{row['comparison']}{place}",
        "indicator": row["indicator"],
        "a": percent(row["p_a"]),
        "n_a": row["n_a"],
        "b": percent(row["p_b"]),
        "n_b": row["n_b"],
        "ratio": times(row["ratio"]),
        "95% CI": f"{times(row['ratio_low'])} to {times(row['ratio_high'])}" if row["ratio_low"] is not None else "",
        "q": "<0.001" if isinstance(row["q_value"], float) and row["q_value"] < 0.001 else shown(row["q_value"]),
        "status": row["status"],
    }


@app.command(epilog=_example("trends social-maturity --segments"))
@of_study
@click.option("--measure", help="indicator, finding, tier or score only.")
@click.option("--segments", is_flag=True, help="Also within tiers and levels of segments.")
@click.option("--sentences", is_flag=True, help="What may be said, in words.")
@json_too
def trends(study: str, measure: str | None, segments: bool, sentences: bool, as_json: bool) -> None:
    """Print how published figures changed between waves, and what can't be compared."""
    from pipeline.estimation.trends import MEASURES
    from pipeline.printing import print_rows
    from pipeline.reading import rows_of

    where = home()
    _study_file(where, study)
    _known("measures", measure, list(MEASURES))
    sql = (
        "SELECT wave_before, wave, measure, name, comparison, segment, level, value_before, value, change, change_low,"
        " change_high, q_value, comparable, reason, wording FROM trends"
        " WHERE (measure = ? OR ? IS NULL) AND (segment = 'all' OR ?)"
        " ORDER BY wave, wave_before, measure, name, comparison, segment, level"
    )
    names, rows = rows_of(where, study, sql, [measure, measure, segments])
    if as_json:
        print_rows(rows, tuple(names), True)
    elif sentences:
        for row in rows:
            if row["wording"]:
                print(row["wording"])
    else:
        own = [name for name in names if name not in ("wording", "comparable")]
        left = own if segments else [name for name in own if name not in ("segment", "level")]
        print_rows(rows, tuple(left), False)


@app.command(epilog=_example("lineage social-maturity 2021/maturity/customer_service"))
@of_study
@click.argument("finding_id", help="As in table findings.")
@json_too
def lineage(study: str, finding_id: str, as_json: bool) -> None:
    """Print the chain from a finding to the records of the export that it counts."""
    from pipeline.lineage import lineage as chain_of
    from pipeline.lineage import ranges
    from pipeline.printing import harmless

    where = home()
    chain = chain_of(where, _study_file(where, study), finding_id)
    f, origin, run = chain.finding, chain.admitted, chain.run
    made = {
        "wave": f["wave"], "files": ", ".join(origin.files), "delivery_sha256": origin.sha256,
        "delivery": origin.delivery, "version": origin.version, "respondents": chain.parquet,
        "run_id": run.run_id if run else "", "study_file_sha256": run.study_file_sha256 if run else "",
        "code_version": run.code_version if run else "",
    }  # fmt: skip
    if as_json:
        import json

        counted_rows = {c.what: list(c.source_rows) for c in chain.counted}
        told = {"finding_id": finding_id, "wording": f["wording"], "indicator": chain.indicator,
                "columns": list(chain.columns), "records": counted_rows, **made}  # fmt: skip
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    print(harmless(f["wording"]))
    print(f"  {f['group_a']} against {f['group_b']}; {f['segment']}: {f['level']}; base {f['base']}; {f['method']}")
    print(harmless(f"  indicator {f['indicator']}: {chain.indicator}"))
    for column in chain.columns:
        print(harmless(f"  {column}"))
    for c in chain.counted:
        print(f"  {c.what} = {c.number:,} records of the delivery: {ranges(c.source_rows)}")
    for name, value in made.items():
        print(f"  {name}: {value}")


@app.command(epilog=_example("claims social-maturity --wave 2021"))
@of_study
@one_wave
@click.option("--problems", is_flag=True, help="Only those that an editor has to look at.")
@click.option("--sentences", is_flag=True, help="What may be said instead, in words.")
@json_too
def claims(study: str, wave: str | None, problems: bool, sentences: bool, as_json: bool) -> None:
    """Print what the data say of each printed sentence. Exit code 1 where one that must hold is contradicted."""
    from pipeline.claims.verdicts import CONTRADICTED
    from pipeline.printing import harmless, print_rows
    from pipeline.reading import rows_of

    where = home()
    study_file = _study_file(where, study)
    _known_wave(where, study, wave)
    sql = "SELECT * FROM claims WHERE (wave = ? OR ? IS NULL) AND (problem OR NOT ?)"
    names, rows = rows_of(where, study, sql, [wave, wave, problems])
    if as_json:
        print_rows(rows, names, True)
    elif not rows:
        declared = len(study_file.study.claim_set.claims)
        print(f"No claims: {declared} in the study file{', none with a problem' if problems and declared else ''}.")
    elif sentences:
        for row in rows:
            print(harmless(f"{row['wave']} {row['claim']}: {row['verdict']}: {row['says']}"))
            print(harmless(f"  {row['wording'] or row['reason']}"))
    else:
        title = f"{study}{', SYNTHETIC DATA' if any(row['synthetic'] for row in rows) else ''}"
        print_rows([_claim_line(row) for row in rows], tuple(_claim_line(rows[0])), False, title)
        for row in rows:
            for what in ("explanation", "coherence"):
                if row["problem"] and row[what]:
                    print(harmless(f"  {row['wave']} {row['claim']}: {row[what]}"))
        for name, reading in study_file.study.claim_set.readings.items():
            print(harmless(f"  reading: {name.replace('_', ' ')} is {reading}"))
    if any(row["must_hold"] and row["verdict"] == CONTRADICTED for row in rows):
        sys.exit(DATA_SAY_NO)


def _claim_line(row: dict[str, Any]) -> dict[str, object]:
    from pipeline.claims.audit import SHARES
    from pipeline.printing import shown

    def figure(value: object) -> str:
        if not isinstance(value, float):
            return ""
        if row["statistic"] in SHARES:
            return f"{100 * value:.1f}%"
        return shown(value) if value in (float("inf"),) else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"

    interval = f"{figure(row['low'])} to {figure(row['high'])}" if row["low"] is not None else ""
    return {
        "": "!" if row["problem"] else "", "wave": row["wave"], "claim": row["claim"], "claimed": row["claimed"],
        "observed": figure(row["observed"]), "95% CI": interval, "verdict": row["verdict"],
        "figure": f"{row['reproduction']}{': ' if row['kinds'] else ''}{row['kinds']}", "direction": row["direction"],
        "why": row["reason"] or (f"{row['soft']}: {row['reading']}" if row["reading"] else ""),
    }  # fmt: skip


@app.command(
    epilog=_example(
        'wording ospo "Big firms are twice as likely to have a program" --indicator has_program --comparison large'
    )
)
@of_study
@click.argument("sentence", help="A sentence that is to be printed.")
@click.option("--indicator", required=True, help="What respondents do.")
@click.option("--comparison", required=True, help="The two groups.")
@one_wave
@json_too
def wording(study: str, sentence: str, indicator: str, comparison: str, wave: str | None, as_json: bool) -> None:
    """Say what is wrong with a sentence about a finding, and how the data let it be said. Exit code 1 for faults."""
    from pipeline.claims.proposed import faults
    from pipeline.printing import harmless
    from pipeline.reading import rows_of

    where = home()
    study_file = _study_file(where, study)
    _known(f"{study}, indicators", indicator, list(study_file.study.indicators))
    _known(f"{study}, comparisons", comparison, list(study_file.study.comparisons))
    _known_wave(where, study, wave)
    sql = "SELECT * FROM findings WHERE wave = COALESCE(?, (SELECT MAX(wave) FROM findings)) AND segment = 'all'"
    _, rows = rows_of(where, study, f"{sql} AND indicator = ? AND comparison = ?", [wave, indicator, comparison])
    if not rows:
        raise SurveyError(study, "has no such finding", do=f"survey run {study}")
    finding = rows[0]
    opt_in = study_file.study.sample.type == "opt_in"
    found = faults(sentence, finding, opt_in, study_file.study.claim_set.margins)
    if as_json:
        told = [{"kind": fault.kind, "words": fault.words} for fault in found]
        answer = {"sentence": sentence, "finding_id": finding["finding_id"], "faults": told,
                  "wording": finding["wording"]}  # fmt: skip
        print(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        for fault in found:
            print(harmless(f"{fault.kind}: {fault.words}"))
        print(harmless(f"{'Write' if found else 'It may be printed. At length'}: {finding['wording']}"))
    if found:
        sys.exit(DATA_SAY_NO)


@app.command(epilog=_example("methodology social-maturity --wave 2021 --language ru"))
@of_study
@one_wave
@click.option("--language", default="en", show_default=True, help="en or ru.")
@json_too
def methodology(study: str, wave: str | None, language: str, as_json: bool) -> None:
    """Print the methodology statement of a published wave as Markdown; without --wave that of the last one."""
    from pipeline.editions import read_statement
    from pipeline.printing import harmless, print_rows
    from pipeline.publish.methodology.statement import methodology_markdown
    from pipeline.reading import rows_of
    from pipeline.tables import METHODOLOGY

    where = home()
    study_file = _study_file(where, study)
    _known_wave(where, study, wave)
    last = rows_of(where, study, "SELECT MAX(wave) AS wave FROM waves WHERE published")[1][0]["wave"]
    if last is None:
        raise SurveyError(study, "has no published wave", do=f"survey run {study}")
    rows = read_statement(where, study_file, wave or last, language)
    if as_json:
        print_rows(rows, [column.name for column in METHODOLOGY.columns_for(None)], True)
    else:
        print(harmless(methodology_markdown(study_file.study.title.get(language), rows, language)), end="")


@app.command(epilog=_example("report social-maturity --wave 2021 --open"))
@of_study
@one_wave
@click.option("--open", "open_it", is_flag=True, help="Open the report in the browser.")
def report(study: str, wave: str | None, open_it: bool) -> None:
    """Write report and workbook of the published waves, and say where they are; of the last wave with --open."""
    from pipeline.editions import write_editions

    where = home()
    study_file = _study_file(where, study)
    _known_wave(where, study, wave)
    folders = write_editions(where, study_file, "report", lambda text: print(text, file=sys.stderr))
    if wave is not None and wave not in folders:
        raise SurveyError(f"{study}, wave {wave}", "has no report", do=f"survey run {study} --wave {wave}")
    shown = [wave] if wave else sorted(folders)
    for name in shown:
        print(folders[name] / "report.html")
    if open_it and shown:
        import webbrowser

        webbrowser.open((folders[shown[-1]] / "report.html").as_uri())


@app.command(epilog=_example("release social-maturity 2021"))
@of_study
@of_wave
def release(study: str, wave: str) -> None:
    """Freeze what may leave the house of a published wave, in a dated folder."""
    from pipeline.editions import release_wave
    from pipeline.printing import harmless

    where = home()
    study_file = _study_file(where, study)
    _known_wave(where, study, wave)
    folder, edition = release_wave(where, study_file, wave)
    print(f"Released: {folder}")
    if edition.draft:
        print(harmless("\n".join(["It is a draft:", *edition.draft_because])), file=sys.stderr)


@app.command(epilog=_example("export social-maturity 2021 --to ~/for-spss"))
@of_study
@of_wave
@click.option("--to", required=True, type=click.Path(path_type=Path), help="A folder that is made.")
def export(study: str, wave: str, to: Path) -> None:
    """Write a published wave for other tools, for use in the house: a data package, and respondents.sav."""
    from pipeline.editions import export_wave

    where = home()
    study_file = _study_file(where, study)
    _known_wave(where, study, wave)
    folder = to.expanduser()
    export_wave(where, study_file, wave, folder)
    print(f"Exported: {folder}")


@app.command(epilog=_example("waves ospo"))
@of_study
@json_too
def waves(study: str, as_json: bool) -> None:
    """Print every wave: not run yet, admitted, or quarantined and why, and what is published of it."""
    from pipeline.admission import wave_rows
    from pipeline.ledger import read_ledger
    from pipeline.printing import print_rows
    from pipeline.standing import not_judged
    from pipeline.tables import WAVES

    where = home()
    study_file = _study_file(where, study)
    ledger = read_ledger(where.ledger(study))
    known = {row["wave"]: row for row in wave_rows(ledger, study_file.study.synthetic)}
    nothing: dict[str, object] = dict.fromkeys(column.name for column in WAVES.columns_for(None))
    for name, how in not_judged(where, study_file, ledger).items():
        row = known.get(name, nothing | {"wave": name, "published": False})
        known[name] = row | {"status": how, "reason": f"survey run {study} --wave {name}"}
    rows = [known[name] for name in sorted(known)]
    short = ("wave", "status", "published", "delivered", "analysed", "fieldwork", "files", "reason")
    for row in rows:
        row["fieldwork"] = f"{row['fieldwork_first']} to {row['fieldwork_last']}" if row["fieldwork_first"] else ""
    title = "SYNTHETIC DATA" if study_file.study.synthetic else ""
    print_rows(rows, tuple(nothing) if as_json else short, as_json, title)


@app.command(epilog=_example('query ospo "SELECT indicator, ratio FROM findings ORDER BY ratio DESC LIMIT 5"'))
@of_study
@click.argument("sql", help="SQL on the published database.")
@json_too
def query(study: str, sql: str, as_json: bool) -> None:
    """Query the published database, read-only."""
    from pipeline.printing import print_rows
    from pipeline.reading import rows_of

    where = home()
    _study_file(where, study)
    names, rows = rows_of(where, study, sql)
    print_rows(rows, names, as_json)


@app.command(epilog=_example("bench --respondents 100000 --only compare"))
@click.option(
    "--respondents",
    default=1_000_000,
    show_default=True,
    type=click.IntRange(min=1_000),
    help="Respondents of the largest job.",
)
@click.option("--only", help="One part: compare, limits, growth or memory.")
@click.option(
    "--runs", default=5, show_default=True, type=click.IntRange(min=1), help="Runs, of which the medians are printed."
)
@json_too
def bench(respondents: int, only: str | None, runs: int, as_json: bool) -> None:
    """Measure this project against other tools and against bare column sums, on made data. Works from a clone."""
    from pipeline.printing import print_rows

    if not (PROJECT / "benchmarks" / "bench.py").is_file():
        raise SurveyError("bench", "benchmarks/ is not part of the installed package", do="run it from a clone")
    sys.path.insert(0, str(PROJECT))
    from benchmarks.bench import PARTS, bench
    from benchmarks.lines import COLUMNS, machine

    _known("bench, parts", only, list(PARTS))
    print(f"Measuring on {machine()} ...", file=sys.stderr)
    rows = []
    for line in bench(respondents, (only,) if only else PARTS, runs):
        print(f"  {line.what}: {line.against}, {line.respondents:,}", file=sys.stderr)
        rows.append(vars(line))
    print_rows(rows, COLUMNS, as_json, machine())


@app.command(epilog=_example("schema > studies/study-file.schema.json"))
def schema() -> None:
    """Print the JSON Schema of study files, for editors that complete and check as one writes."""
    from pipeline.study.schema import json_schema

    print(json.dumps(json_schema(), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    command()
