"""Tables of the raw layer: the delivery as it came."""

from __future__ import annotations

from typing import Any

from pipeline.tables.table import Column, Table

WAVE = Column("wave", "varchar", "Wave of the study.", nullable=False)
SOURCE_ROW = Column("source_row", "bigint", "Number of the record in the wave's delivery, from 1.", nullable=False)
INGEST = ("pipeline.ingest", "pipeline.study")

FILES = Table(
    "files",
    "One data file of a wave's delivery.",
    "raw",
    key=("wave", "file"),
    columns=(
        WAVE,
        Column("file", "varchar", "File name in the wave's folder.", nullable=False),
        Column("sha256", "varchar", "Hash of the file's bytes.", nullable=False),
        Column("size_bytes", "bigint", "Size of the file.", unit="bytes", nullable=False),
        Column("platform", "varchar", "Survey platform whose layout was recognised.", nullable=False),
        Column("encoding", "varchar", "Text encoding.", nullable=False),
        Column("delimiter", "varchar", "Character between fields.", nullable=False),
        Column("header_rows", "integer", "Header records above the data.", nullable=False),
        Column("source_columns", "integer", "Columns of the file.", nullable=False),
    ),
    sections=("waves", "reading"),
    code=INGEST,
)

SOURCE_COLUMNS = Table(
    "source_columns",
    "One column of a delivered file, or a declared column that the delivery lacks.",
    "raw",
    key=("wave", "file", "position", "variable"),
    columns=(
        WAVE,
        Column("file", "varchar", "File name.", nullable=False),
        Column("position", "integer", "Position in the file, from 1; 0 where the column is missing.", nullable=False),
        Column("name", "varchar", "Name in the first header row.", nullable=False),
        Column("text", "varchar", "Question text.", nullable=False),
        Column("part", "varchar", "Option or row text, where the file has one.", nullable=False),
        Column(
            "role",
            "varchar",
            "question, metadata, sampling, personal, paradata (timing, order of display), words (beside an option), "
            "ignored, unlisted, repeated, nameless, missing, or not asked.",
            nullable=False,
        ),
        Column("variable", "varchar", "Column of `delivered` that it becomes, or empty.", nullable=False),
    ),
    made_from=("files",),
    sections=("columns", "scales", "questions", "design", "weights"),
    code=INGEST,
)


def _delivered_columns(study: Any) -> tuple[Column, ...]:
    return (
        WAVE,
        SOURCE_ROW,
        *(Column(name, "varchar", f"{text}, as delivered.") for name, text in study.columns.metadata.items()),
        *(Column(name, "varchar", "Design or weight as delivered.") for name in study.sampling_columns),
        *(Column(name, "varchar", "Answer as delivered.") for names in study.cells.values() for name in names),
        *(Column(name, "tinyint", "1 where the question was shown, answered or not.") for name in study.shown.values()),
    )


DELIVERED = Table(
    "delivered",
    "One delivered record: declared columns as text, personal columns and the words of open answers left out.",
    "raw",
    key=("wave", "source_row"),
    columns=_delivered_columns,
    made_from=("files", "source_columns"),
    sections=("columns", "scales", "questions", "design", "weights"),
    code=(*INGEST, "sql/raw/delivered.sql"),
)
