"""Workbooks (.xlsx) as packages of XML: parts opened within bounds, and one sheet written anew for its reader.

A file may claim anything, and the library that reads the values believes it: it sets memory aside for as many shared
texts as a part says it has, and for all cells up to the one farthest away. A process that cannot have so much is
aborted. So the library never sees the file. It reads a workbook written here: one sheet, its shared texts and styles,
each unpacked within bounds and gone through as XML before.
"""

from __future__ import annotations

import posixpath
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Protocol
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from kpirules.data.content import Bounded, TooLarge
from kpirules.records import dataclass

ENTRIES = 10_000
"""How many entries the zip file may list."""
SHEETS = 1_000
"""How many sheets the workbook may have."""
_MB = 1 << 20
_ALWAYS, _RATIO, _MOST = 64 * _MB, 100, 1024 * _MB
"""A part may unpack to the first, or to so many times the size of the file, but never to more than the last."""
_SMALL = 16 * _MB
"""What a part other than a sheet and the shared texts may unpack to."""
_TEXTS = 1_000_000
"""How many shared texts a part may claim to have, however small it is."""
_CHUNK = 1 << 16
_ENTRY = b"PK\x01\x02"

TRUE = {"1", "true"}

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATION = (f"{_OFFICE} id", "http://purl.oclc.org/ooxml/officeDocument/relationships id")
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_RELATED = f'<Relationship Id="{{}}" Type="{_OFFICE}/{{}}" Target="{{}}"/>'
_WORKBOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    f' xmlns:r="{_OFFICE}">'
    '<workbookPr date1904="{}"/><sheets><sheet name="sheet" sheetId="1" r:id="a"/></sheets></workbook>'
)

Start = Callable[[str, dict[str, str]], None]
"""Is given the name of an element that begins, with its namespace before a space, and its attributes."""


class Parser(Protocol):
    """What the bytes of a part are given to: expat, or who stands before it."""

    def Parse(self, data: bytes, last: bool = False, /) -> object:  # noqa: N802, FBT001, FBT002  # as expat has it
        """Take the next bytes; `last` with the end."""


class NotASheet(Exception):  # noqa: N818  # told as a fault of the file
    """The file is no workbook that can be read."""


@contextmanager
def reading() -> Iterator[None]:
    """Take whatever the readers of zip files and XML say of a file for what it means: it is no workbook."""
    try:
        yield
    except (BadZipFile, zlib.error, struct.error, expat.ExpatError, EOFError, OSError) as error:
        raise NotASheet(str(error)) from None
    except (LookupError, ValueError, ArithmeticError, RuntimeError) as error:
        raise NotASheet(str(error)) from None


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet by its name, the part that holds it, and whether it is to be seen."""

    name: str
    part: str
    visible: bool


class Workbook:
    """A workbook that is open for reading. `sheets` are its worksheets; `from_1904` says how its days are counted.

    Raises, here and where parts are read:
        NotASheet: a part is not there, damaged, or not of the form.
        TooLarge: the file goes beyond a bound.
    """

    def __init__(self, data: bytes) -> None:
        if data.count(_ENTRY) > ENTRIES:
            raise TooLarge(Bounded.ENTRIES, ENTRIES)
        self._size = len(data)
        self._parts: dict[str, ZipInfo] = {}
        with reading():
            self._file = ZipFile(BytesIO(data))
            for info in self._file.infolist():
                name = _plain(info.filename)
                if name in self._parts:
                    raise NotASheet(name)
                self._parts[name] = info
            self._read_workbook()

    def _read_workbook(self) -> None:
        sheets: list[tuple[str, str, bool]] = []
        self.from_1904 = False

        def start(element: str, attributes: dict[str, str]) -> None:
            name = element.rpartition(" ")[2]
            if name == "workbookPr":
                self.from_1904 = attributes.get("date1904") in TRUE
            elif name == "sheet":
                key = next((attributes[name] for name in _RELATION if name in attributes), "")
                sheets.append((attributes.get("name", ""), key, attributes.get("state", "visible") == "visible"))
                if len(sheets) > SHEETS:
                    raise TooLarge(Bounded.SHEETS, SHEETS)

        part = next((part for kind, part in self._targets("", "").values() if kind == "officeDocument"), "")
        self.go_through(part, start)
        folder, name = posixpath.split(part)
        self._related = self._targets(f"{folder}/" if folder else "", name)
        self.sheets = [
            SheetPart(name, part, visible)
            for name, key, visible in sheets
            for kind, part in [self._related.get(key, ("", ""))]
            if kind == "worksheet"
        ]

    def _targets(self, folder: str, name: str) -> dict[str, tuple[str, str]]:
        """What a part refers to, by id: the kind (the last word of its type) and the part."""
        targets = {}

        def start(element: str, attributes: dict[str, str]) -> None:
            if element.endswith(" Relationship") and attributes.get("TargetMode") != "External":
                target = attributes["Target"]
                path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(folder + target)
                targets[attributes["Id"]] = attributes["Type"].rpartition("/")[2], path

        self.go_through(f"{folder}_rels/{name}.rels", start)
        return targets

    def related(self, kind: str) -> str | None:
        """The part of a kind that the workbook refers to, None where there is none."""
        parts = (part for of, part in self._related.values() if of == kind and _plain(part) in self._parts)
        return next(parts, None)

    def go_through(
        self, part: str, start: Start | None = None, *, copy: IO[bytes] | None = None, large: bool = False
    ) -> None:
        """Read a part as XML; `start` is called with each element that begins, `copy` is given all bytes."""
        parser = new_parser()
        parser.StartElementHandler = start
        self.feed(part, parser, copy=copy, large=large)

    def feed(self, part: str, parser: Parser, *, copy: IO[bytes] | None = None, large: bool = False) -> None:
        """Give the bytes of a part to a parser of XML, and to `copy`; a `large` part may have a sheet's size."""
        info = self._parts.get(_plain(part))
        if info is None or info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise NotASheet(part)
        most = min(max(_ALWAYS, _RATIO * self._size), _MOST) if large else _SMALL
        if info.file_size > most:  # INVARIANT: no more than that is unpacked, whatever else the part holds
            raise TooLarge(Bounded.UNPACKED, most // _MB)
        with reading(), self._file.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk)
                if copy is not None:
                    copy.write(chunk)
            parser.Parse(b"", True)  # noqa: FBT003  # the end, as expat has it

    def unpacked(self, sheet: str) -> int:
        """How many bytes a sheet and the shared texts unpack to, as they say."""
        parts = (_plain(part) for part in (sheet, self.related("sharedStrings")) if part is not None)
        return sum(self._parts[part].file_size for part in parts if part in self._parts)

    def write_rest(self, copy: ZipFile) -> None:
        """Complete a workbook of one sheet, which is there as `SHEET`, by what its reader needs beside it."""
        related = [_RELATED.format("a", "worksheet", "sheet.xml")]
        for kind, name in (("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")):
            part = self.related(kind)
            if part is not None:
                related.append(_RELATED.format(kind, kind, name))
                with copy.open(f"xl/{name}", "w") as target:
                    self._write_part(part, kind, target)
        copy.writestr("xl/workbook.xml", _WORKBOOK.format(int(self.from_1904)))
        copy.writestr("xl/_rels/workbook.xml.rels", _RELATIONS.format("".join(related)))
        copy.writestr("_rels/.rels", _RELATIONS.format(_RELATED.format("a", "officeDocument", "xl/workbook.xml")))

    def _write_part(self, part: str, kind: str, copy: IO[bytes]) -> None:
        if kind == "styles":
            self.go_through(part, copy=copy)
            return
        parser = new_parser()
        most = max(self._parts[_plain(part)].file_size, _TEXTS)

        def root(_: str, attributes: dict[str, str]) -> None:
            parser.StartElementHandler = None
            if int(attributes.get("uniqueCount", "0")) > most:
                raise NotASheet(part)

        parser.StartElementHandler = root
        self.feed(part, parser, copy=copy, large=True)


SHEET = "xl/sheet.xml"
"""The part that holds the sheet of a workbook written here."""


def new_copy(target: IO[bytes], size: int) -> ZipFile:
    """A zip file to be filled; packed where `size` is large, so that it does not lie in memory as it is unpacked."""
    return ZipFile(target, "w", ZIP_DEFLATED if size > _ALWAYS else ZIP_STORED, compresslevel=1)


def new_parser() -> expat.XMLParserType:
    """A parser that reads UTF-8, whatever the text says of itself, and has no use for declarations of entities."""
    parser = expat.ParserCreate("utf-8", " ")

    def refuse(*_: object) -> None:
        raise NotASheet("DOCTYPE")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _plain(name: str) -> str:
    """The name of a part as it is looked up: some programs write it in other letters, or with other slashes."""
    return name.replace("\\", "/").lstrip("/").casefold()
