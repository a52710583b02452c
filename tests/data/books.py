"""Workbooks written part by part, so that they may say what no program would write."""

from __future__ import annotations

import io
from collections.abc import Mapping
from zipfile import ZIP_DEFLATED, ZipFile

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def relations(**targets: str) -> str:
    """Relations of a part: the kind of each, and where it leads; the ids are the kinds."""
    each = (f'<Relationship Id="{kind}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for kind, to in targets.items())
    return f'<Relationships xmlns="{_PACKAGE}">{"".join(each)}</Relationships>'


def parts(
    rows: str = "", *, texts: str = "", styles: str = "", before: str = "", after: str = "", **more: str
) -> dict[str, str]:
    """The parts of a workbook of one sheet: its rows, the shared texts (`<sst>`), the styles, all as XML.

    `before` and `after` stand beside the rows; `more` are parts in place of those made here, by the last of their name.
    """
    related = {"worksheet": "sheet.xml"}
    related |= {"sharedStrings": "texts.xml"} if texts else {}
    related |= {"styles": "styles.xml"} if styles else {}
    made: dict[str, str] = {
        "_rels/.rels": relations(officeDocument="xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": relations(**related),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="s" sheetId="1" r:id="worksheet"/></sheets></workbook>',
        "xl/sheet.xml": f'<worksheet xmlns="{_MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>',
    }
    made |= {"xl/texts.xml": f'<sst xmlns="{_MAIN}" {texts}</sst>'} if texts else {}
    made |= {"xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>'} if styles else {}
    return {name: more.get(name.rpartition("/")[2].partition(".")[0], text) for name, text in made.items()}


def zipped(entries: Mapping[str, str | bytes], packing: int = ZIP_DEFLATED) -> bytes:
    """A zip file of these entries."""
    out = io.BytesIO()
    with ZipFile(out, "w", packing) as file:
        for name, text in entries.items():
            file.writestr(name, text)
    return out.getvalue()
