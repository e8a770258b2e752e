"""The claims of a study against each published wave: worked out once and kept, and told where a verdict changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline import engine, tables
from pipeline.alerts import Alert, alert
from pipeline.claims.audit import audit, claims_of_wave, unchecked
from pipeline.claims.sample import Sample, read_sample
from pipeline.claims.verdicts import CONTRADICTED
from pipeline.errata import add as add_errata
from pipeline.errata import cause_of, changed_rows
from pipeline.errors import SurveyError
from pipeline.estimation.overlap import Overlap
from pipeline.estimation.trends import both_waves
from pipeline.ingest.responses import available_variables
from pipeline.ledger import Admitted, Ledger, read_ledger
from pipeline.replacing import replacing
from pipeline.settings import Home
from pipeline.store import WaveStore, arrow_rows
from pipeline.study.claim_references import without_charts
from pipeline.study.claims import Claim
from pipeline.study.loading import StudyFile
from pipeline.trending import wave_figures
from pipeline.versions import code_digest, hashed

OTHER_STUDY_FILE = "the wave is published from another study file: run it again"


def claim_parts(home: Home, study_file: StudyFile, published: Mapping[str, Admitted]) -> dict[str, Path]:
    """Files of table `claims` by wave. published: the admitted version of each wave, in order."""
    study, table = study_file.study, tables.CLAIMS
    claims = without_charts(study.claim_set.claims, study.indicators)
    program = hashed(code_digest(table.code), study_file.digest(study_file.document.data))
    parts, samples = {}, _Samples(home, study_file, published, claims)
    for wave, admitted in published.items():
        own = claims_of_wave(wave, claims)
        if not own:
            continue
        earlier = sorted({c.before for c in own if c.before and c.before in published and c.before < wave})
        made_from = [f"{name} {made}" for w in (*earlier, wave) for name, made in sorted(published[w].tables.items())]
        current = [str(samples.current(w)) for w in (*earlier, wave)]
        version = hashed(program, wave, *earlier, *current, *made_from)
        parts[wave] = WaveStore(home, study_file, wave, admitted.sha256).path_of(table, version)
        if not parts[wave].is_file():
            rows = _rows(samples, wave, own, earlier)
            engine.write(arrow_rows(rows, table.arrow_schema(None)), parts[wave])
    return parts


def audited(home: Home, study_file: StudyFile, published: Mapping[str, Admitted], wave: str) -> pd.DataFrame:
    """Rows of table `claims` of a wave, without changes between waves, and nothing written."""
    study = study_file.study
    claims = without_charts(study.claim_set.claims, study.indicators)
    return _rows(_Samples(home, study_file, published, claims), wave, claims_of_wave(wave, claims), ())


def broken_claims(parts: Mapping[str, Path]) -> list[str]:
    """Claims that must hold and are contradicted, in words."""
    columns = ["wave", "claim", "says", "claimed", "verdict", "must_hold", "wording"]
    rows = [row for path in parts.values() for row in engine.read(path, columns).to_pylist()]
    return [
        f'wave {row["wave"]}, claim {row["claim"]} must hold and is contradicted: "{row["says"]}"\n  {row["wording"]}'
        for row in rows
        if row["must_hold"] and row["verdict"] == CONTRADICTED
    ]


def tell_changes(home: Home, study_file: StudyFile, parts: Mapping[str, Path], run_id: str) -> None:
    """Puts verdicts that differ from the last publication into the errata, and tells of them, once."""
    name, path = study_file.name, home.audited(study_file.name)
    ledger = read_ledger(home.ledger(name))
    before: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
    now = {wave: {"file": str(part.relative_to(home.root)), "version": _version(ledger, wave)}
           for wave, part in parts.items()}  # fmt: skip
    if now == before:
        return
    for wave, part in parts.items():
        old = home.root / before[wave]["file"] if wave in before else None
        if old is None or not old.is_file() or old == part:
            continue
        versions = {"old_version": before[wave]["version"], "new_version": now[wave]["version"]}
        cause = _cause(ledger, versions["old_version"], versions["new_version"])
        same = versions | {"cause": cause, "run_id": run_id, "changed_at": datetime.now(UTC).replace(tzinfo=None)}
        changed = changed_rows(wave, {"claims": old}, {"claims": part})
        add_errata(home.errata(name), [row | same for row in changed])
        verdicts = [row for row in changed if row["figure"] == "verdict" and row["new_word"] is not None]
        if verdicts:
            text = "\n".join(f"{row['row']} was {row['old_word']} and is {row['new_word']}" for row in verdicts)
            alert(home, Alert(f"{name}/{wave}/{run_id}/claims", "verdict", name, wave, f"{text}\n({cause})", run_id))
    with replacing(path) as partial:
        partial.write_text(json.dumps(now, indent=1))


def _version(ledger: Ledger, wave: str) -> str:
    admitted = ledger.waves[wave].admitted
    return admitted.version if admitted else ""


def _cause(ledger: Ledger, before: str, after: str) -> str:
    """Why a verdict may have changed: what differs between the runs that made both versions of the wave."""
    runs = {run.version: run for run in ledger.runs}
    if before == after or before not in runs or after not in runs:
        return "study file changed" if before == after else "not known"
    return cause_of(runs[before], runs[after], False) or "other claims, or other cuts of the baseline wave"


@dataclass(frozen=True)
class _Samples:
    home: Home
    study_file: StudyFile
    published: Mapping[str, Admitted]
    claims: Sequence[Claim]

    def current(self, wave: str) -> bool:
        """Whether the wave is published from the present study file."""
        try:
            version = self._store(wave).version(tables.RESPONDENTS)
        except SurveyError:  # such as a baseline wave that was withdrawn
            return False
        return version == self.published[wave].tables[tables.RESPONDENTS.name]

    def _store(self, wave: str) -> WaveStore:
        return WaveStore(self.home, self.study_file, wave, self.published[wave].sha256)

    def of(self, wave: str) -> Sample | None:
        """None where the wave is published from another study file than the present one."""
        study, store = self.study_file.study, self._store(wave)
        if not self.current(wave):
            return None
        wanted = (tables.RESPONSES, tables.RESPONDENTS, tables.WEIGHTS, tables.REPLICATES)
        inputs = {table.name: store.existing(table) for table in wanted if table.made_if(study)}
        columns = store.rows(tables.SOURCE_COLUMNS)
        available = available_variables(columns, study.questions, study.scales, wave)
        return read_sample(study, wave, self.claims, available, inputs)


def _rows(samples: _Samples, wave: str, claims: Sequence[Claim], earlier: Sequence[str]) -> pd.DataFrame:
    sample = samples.of(wave)
    if sample is None:
        return unchecked(samples.study_file.study, wave, claims, OTHER_STUDY_FILE)
    found: dict[str, tuple[Sample, Overlap]] = {}
    figures = {w: wave_figures(samples.home, samples.study_file, w, samples.published[w])
               for w in ((*earlier, wave) if earlier else ())}  # fmt: skip
    for other in earlier:
        before = samples.of(other)
        if before is not None:
            at = both_waves(samples.study_file.study, figures[other], figures[wave])
            found[other] = before, _in_order(at, (before, figures[other]), (sample, figures[wave]))
    return audit(sample, claims, found)


def _in_order(at: Overlap, *sides: tuple[Sample, Any]) -> Overlap:
    """Places among the samples, which stand in the order of the export."""
    places = []
    for rows, (sample, figures) in zip((at.before, at.after), sides, strict=True):
        source = figures.respondents["source_row"].to_numpy()[rows]
        places.append(pd.Index(sample.respondents["source_row"]).get_indexer(pd.Index(source)).astype(np.intp))
    return Overlap(*places)
