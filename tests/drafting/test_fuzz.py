"""Any table makes a draft that loads and passes `survey check`, or an error that says why; never a traceback."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.checking.check import remarks
from pipeline.drafting.start import start
from pipeline.errors import DeliveryError
from pipeline.settings import Home
from pipeline.study.loading import load_study
from tests.ingest.deliveries import written

cells = st.text(max_size=12) | st.sampled_from(
    ["", "Yes", "No", "1", "2", "3.5", "N/A", "Don't know", "A, b", "a;b", "2020-01-01", "x@y.org", "-99", "Other"]
)
heads = st.text(max_size=12) | st.sampled_from(
    ["Q1", "Q1_1", "Q1_2", "Q1 [a]", "How? - a", "How? - b", "", "id", "weight"]
)


def tables(width: int) -> st.SearchStrategy[list[list[str]]]:
    row = st.lists(cells, min_size=width, max_size=width)
    head = st.lists(heads, min_size=width, max_size=width)
    return st.tuples(head, st.lists(row, min_size=1, max_size=12)).map(lambda table: [table[0], *table[1]])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@example(rows=[["", "0", ""], ["", "", ""], ["", "0..0", ""]])
@example(rows=[["", "", "", "0", "ID", "ID"], ["", "", "", "", "", "0"], ["", "", "", "0", "", ""]])
@example(rows=[["000", "000", "000"], ["0", "0", "0@0.AA"]])
@example(rows=[["000", "000"], ["0", "0"]])
@given(rows=st.integers(1, 6).flatmap(tables))
def test_any_table_is_drafted_or_refused(rows: list[list[str]]):
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export.csv"
        export.write_text(written(rows), newline="", errors="replace")
        try:
            made = start(Home(Path(folder) / "home"), export, "any")
        except DeliveryError:
            assert not (Path(folder) / "home" / "studies" / "any.yaml").exists()
            return
        study_file = load_study(made.study_file)
        assert study_file.study.questions
        found = list(remarks(Home(Path(folder) / "home"), study_file, [made.wave]))
        assert [remark for remark in found if remark.weight == "error"] == []
        assert any("analysed: " in remark.what for remark in found)
