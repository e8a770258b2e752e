"""The claims audit: every printed sentence of a study against its published waves."""

import dagster as dg

from assets.building import OWNERS, asset_key, described, group_of, schema_metadata, tags_of
from assets.studies import read_study
from pipeline import tables
from pipeline.auditing import broken_claims, claim_parts
from pipeline.ledger import published_waves, read_ledger
from pipeline.publish.claims_markdown import claims_markdown
from pipeline.settings import home
from pipeline.study.loading import StudyFile

HOLD = "claims_hold"


def claims_key(study: str) -> dg.AssetKey:
    return asset_key(study, tables.CLAIMS)


def claims_asset(study_file: StudyFile) -> dg.AssetsDefinition:
    study = study_file.name

    @dg.asset(
        key=claims_key(study),
        deps=[dg.AssetDep(asset_key(study, tables.QUALITY_CHECKS), partition_mapping=dg.AllPartitionMapping())],
        group_name=group_of(study, "out"),
        kinds={"parquet", "duckdb"},
        owners=OWNERS,
        tags=tags_of(study_file, tables.CLAIMS.layer),
        metadata=schema_metadata(tables.CLAIMS.columns_for(study_file.study)),
        description=described(study_file, tables.CLAIMS.description),
        check_specs=[dg.AssetCheckSpec(HOLD, asset=claims_key(study), description="Expected: no claim that must hold "
                                       "is contradicted by a published wave.")],
    )  # fmt: skip
    def out_claims(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        parts = claim_parts(home(), read_study(study), published_waves(read_ledger(home().ledger(study))))
        broken = broken_claims(parts)
        for text in broken:
            context.log.warning(text)
        text, verdicts = claims_markdown(parts.values())
        return dg.MaterializeResult(
            metadata={"claims": dg.MetadataValue.md(text), "dagster/row_count": sum(verdicts.values()),
                      "must_hold_and_contradicted": len(broken), **verdicts},
            check_results=[dg.AssetCheckResult(
                check_name=HOLD, passed=not broken, severity=dg.AssetCheckSeverity.ERROR,
                metadata={"contradicted": dg.MetadataValue.md("\n\n".join(broken) or "none")},
            )],
        )  # fmt: skip

    return out_claims
