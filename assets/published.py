"""Publication: the study's database, from the admitted version of every wave."""

from collections import Counter

import dagster as dg

from assets.building import OWNERS, asset_key, described, group_of, shown, tags_of
from assets.claims import claims_key
from assets.studies import read_study
from pipeline import tables
from pipeline.admission import publish_study
from pipeline.editions import write_editions
from pipeline.errors import SurveyError
from pipeline.ledger import read_ledger
from pipeline.overview import quality_by_wave, trend_picture
from pipeline.publish.markdown import markdown_table
from pipeline.settings import home
from pipeline.study.loading import StudyFile

EDITIONS = (
    "What people open: report and workbook of every published wave, in `data/processed/{study}/editions/(wave)/`."
)
DESCRIPTION = "What analysts open: `data/processed/{study}.duckdb`, with the last admitted version of every wave."


def database_key(study: str) -> dg.AssetKey:
    return dg.AssetKey([study, "out_database"])


def publication(study_file: StudyFile) -> list[dg.AssetKey]:
    """What is made of all waves together."""
    return [*_claims(study_file), database_key(study_file.name), editions_key(study_file.name)]


def _claims(study_file: StudyFile) -> list[dg.AssetKey]:
    return [claims_key(study_file.name)] if study_file.study.claim_set.claims else []


def editions_key(study: str) -> dg.AssetKey:
    return dg.AssetKey([study, "out_editions"])


def database_asset(study_file: StudyFile) -> dg.AssetsDefinition:
    study = study_file.name

    @dg.asset(
        key=database_key(study),
        deps=[
            dg.AssetDep(asset_key(study, tables.QUALITY_CHECKS), partition_mapping=dg.AllPartitionMapping()),
            *_claims(study_file),
        ],
        group_name=group_of(study, "out"),
        kinds={"duckdb"},
        owners=OWNERS,
        tags=tags_of(study_file, "out"),
        description=described(study_file, DESCRIPTION.format(study=study)),
    )
    def out_database(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        try:
            counts = publish_study(home(), read_study(study), context.run.run_id, context.log.info)
        except SurveyError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        told = {
            "quality_by_wave": quality_by_wave(home(), study),
            "wave_to_wave": trend_picture(home(), study, study_file.study.synthetic),
            "tables": markdown_table(("table", "rows"), [(name, f"{n:,}") for name, n in counts.items()]),
        }
        verdicts = Counter(entry.status for entry in read_ledger(home().ledger(study)).waves.values())
        return dg.MaterializeResult(
            metadata={
                "file": dg.MetadataValue.path(str(home().database(study))),
                "dagster/row_count": sum(counts.values()),
                **{f"waves_{status}": verdicts[status] for status in ("admitted", "quarantined", "withdrawn")},
                **{name: shown(text) for name, text in told.items() if text},
            }
        )

    return out_database


def editions_asset(study_file: StudyFile) -> dg.AssetsDefinition:
    study = study_file.name

    @dg.asset(
        key=editions_key(study),
        deps=[database_key(study)],
        group_name=group_of(study, "out"),
        kinds={"html", "excel"},
        owners=OWNERS,
        description=described(study_file, EDITIONS.format(study=study)),
    )
    def out_editions(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        try:
            folders = write_editions(home(), read_study(study), context.run.run_id, context.log.info)
        except SurveyError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        files = {f"{wave}: {path.name}": dg.MetadataValue.path(str(path)) for wave, folder in folders.items()
                 for path in sorted(folder.iterdir()) if path.suffix in (".html", ".xlsx", ".md")}  # fmt: skip
        return dg.MaterializeResult(metadata={"waves": len(folders), **files})

    return out_editions
