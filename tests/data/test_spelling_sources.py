"""Keys that look alike are told from every source."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from kpirules.data.load import typed_tables
from tests.data.bound import bound
from tests.data.build import faults, table, text

STAFF = table("staff", text("id", key=True))


def test_every_source_is_held_to_it(tmp_path: Path) -> None:
    keys = ["A1", "A1\u200b", " A2"]
    expected = [("KPI661", 2), ("KPI662", 3)]
    frame = pa.table({"id": keys})
    (tmp_path / "s.csv").write_text("id\n" + "\n".join(keys) + "\n", encoding="utf-8")
    pq.write_table(frame, tmp_path / "s.parquet")
    book = xlsxwriter.Workbook(str(tmp_path / "s.xlsx"))
    book.add_worksheet().write_column(0, 0, ["id", *keys])
    book.close()
    files = ["{file: s.csv}", "{file: s.xlsx}", "{file: s.parquet}", "{query: select * from 's.parquet'}"]
    readers: list[Callable[[], Any]] = [lambda src=src: bound(tmp_path, f"  staff: {src}\n", STAFF) for src in files]  # type: ignore[misc]
    readers += [
        lambda src=src: typed_tables([STAFF], {"staff": src})  # type: ignore[misc]
        for src in (
            frame,
            pd.DataFrame({"id": keys}),
            pd.DataFrame({"id": pd.Categorical(keys)}),
            {"id": keys},
            frame.cast(pa.schema([("id", pa.large_string())])),
        )
    ]
    for work, first in zip(readers, [1, 1, *[0] * 8], strict=False):
        told = [(code, row) for code, _, row, _, _ in faults(work) if code != "KPI645"]
        assert told == [(code, row + first) for code, row in expected]
