from __future__ import annotations

from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.docs.workbooks import EN, ZH, Rows, chinese, english


@pytest.mark.parametrize(("path", "sheets"), [(ZH, chinese()), (EN, english())], ids=["zh", "en"])
def test_the_workbooks_are_what_the_generator_makes(path: Path, sheets: dict[str, Rows]) -> None:
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == [*sheets]
    for name, rows in sheets.items():
        cells = [[cell for cell in row if cell != ""] for row in book.get_sheet_by_name(name).to_python()]
        wanted = [[cell for cell in row if cell != ""] for row in rows]
        assert cells == wanted, "run `python -m tests.docs.workbooks`"
