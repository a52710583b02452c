"""The rows of one table as its source holds them: a file, a query or a frame, under the contract's column names."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import pyarrow as pa

from kpirules.data.arrow import counting, flat
from kpirules.data.bindings import OF_CSV, Bindings, Kind, Source
from kpirules.data.content import FIRST_BYTES, Damaged, TooLarge, check_content, read_bytes
from kpirules.data.delimited import Delimited, read_delimited
from kpirules.data.faults import Finding, Group, Place
from kpirules.data.frames import Cells, arrow_cells, read_frame
from kpirules.data.header_units import Remark, said_units, unit_faults
from kpirules.data.parquet import read_columns
from kpirules.data.query_process import run_query
from kpirules.data.sheets import read_sheet, row_of
from kpirules.model.contracts import Table
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Note
from kpirules.source.similar import did_you_mean, similar
from kpirules.source.system import near, open_file, reason
from kpirules.values.texts import plain

_KINDS = (".csv", ".xlsx", ".xlsm", ".parquet")
_SHEETS = (".xlsx", ".xlsm")


@dataclass(frozen=True, slots=True)
class Raw:
    """Rows as read: a column of text or of the source's own type for each column of the contract.

    `numbers` are the rows' numbers as a person counts them. `lost` are faults of rows that are not among the cells,
    `findings`, by column, of cells that the contract need not look at. `encoding` is that of a CSV file, `guessed`
    if it was found from the bytes and is not UTF-8. `sha256` is of the file, None where there is none. `hidden` counts
    the rows that are hidden in their sheet.
    """

    place: Place
    cells: pa.Table
    numbers: pa.Array
    lost: tuple[Group, ...] = ()
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    encoding: str | None = None
    guessed: bool = False
    sha256: str | None = None
    hidden: int = 0


class Sources:
    """The sources of some bindings; each is read once, however often its rows are asked for."""

    def __init__(self, bindings: Bindings) -> None:
        self.bindings = bindings
        self._read: dict[str, Raw | Fault] = {}

    def rows(self, contract: Table) -> Raw:
        """The rows of a table from where the bindings say they are.

        Raises:
            Fault: the table is not bound, or its source cannot be read or lacks a column.
        """
        name = contract.name
        if name not in self._read:
            try:
                self._read[name] = _bound_rows(contract, self.bindings)
            except Fault as fault:
                self._read[name] = fault
        read = self._read[name]
        if isinstance(read, Fault):
            raise read
        return read


def _bound_rows(contract: Table, bindings: Bindings) -> Raw:
    source = bindings.sources.get(contract.name)
    if source is None:
        helps = did_you_mean(contract.name, bindings.sources, Note("write"))
        raise Fault([Diagnostic("KPI610", bindings.span, {"table": contract.name}, helps=helps)])
    if unknown := unknown_columns(contract, source):
        raise Fault(unknown)
    return read_source(contract, source, bindings)


def read_source(contract: Table, source: Source, bindings: Bindings) -> Raw:
    """The rows of a table from one of the sources of the bindings.

    Raises:
        Fault: the source cannot be read, or lacks a column of the contract.
    """
    if source.kind is Kind.QUERY:
        _check_keys(source, "")
        return _read_query(contract, source, bindings)
    path = bindings.folder / source.target
    place = Place(contract.name, source.target, source.span)
    suffix = path.suffix.lower()
    if suffix not in _KINDS:
        helps = (Note("old"),) if suffix in {".xls", ".ods", ".xlsb"} else ()
        raise place.fault("KPI613", *helps, Note("known", {"known": _KINDS}), suffix=suffix)
    _check_keys(source, suffix)
    if suffix == ".parquet":
        return _read_parquet(contract, source, path, place)
    data = read_bytes(path, place)
    check_content(data, suffix, place)
    read = _read_csv if suffix == ".csv" else _read_sheet
    return read(contract, source, data, place)


def _check_keys(source: Source, suffix: str) -> None:
    """Check that each key of a source applies to its kind of file.

    Raises:
        Fault: one does not (KPI654).
    """
    name = source.target if source.kind is Kind.FILE else source.kind
    for key, span in source.of_kind.items():
        kinds = (".csv",) if key in OF_CSV else _SHEETS
        if suffix not in kinds:
            args = {"key": key, "source": name, "kinds": kinds}
            raise Fault([Diagnostic("KPI654", span, args, helps=(Note("leave_out"),))])


def from_frame(contract: Table, frame: object) -> Raw:
    """The rows of a pandas frame, a mapping of columns, or anything that gives an Arrow table of itself.

    Raises:
        Fault: it cannot be read as a table, or lacks a column of the contract.
    """
    place = Place(contract.name, Kind.FRAME, None)
    read = read_frame(frame, place)
    picked = picked_columns(contract, read.names, {}, place)
    by_column = {}
    for column in contract.columns:
        try:
            by_column[column.name] = read.cells(picked[column.name], column)
        except pa.ArrowException:
            args = {"column": read.names[picked[column.name]]}
            raise place.fault("KPI614", Note("column", args), reason=Damaged.COLUMN) from None
    return _raw(place, by_column, counting(1, read.rows))


def _read_csv(contract: Table, source: Source, data: bytes, place: Place) -> Raw:
    read = read_delimited(data, place, _wanted(contract, source.columns).values(), source.encoding)
    picked = picked_columns(contract, read.header, source.columns, place)
    return Raw(
        place=place,
        cells=pa.table({name: read.cells.column(index) for name, index in picked.items()}),
        numbers=read.numbers,
        lost=tuple(_lost(read, place)),
        encoding=read.encoding,
        guessed=source.encoding is None and read.encoding not in {"utf-8", "utf-16"},
        sha256=read.sha256,
    )


def _read_sheet(contract: Table, source: Source, data: bytes, place: Place) -> Raw:
    sheet = read_sheet(data, source, place)
    wanted = _wanted(contract, source.columns)
    row = row_of(wanted.values(), sheet.above)
    if row is not None and not {*wanted.values()} <= {*sheet.header}:
        raise place.fault("KPI656", Note("write"), row=row, header=source.header or 1)
    picked = picked_columns(contract, sheet.header, source.columns, place, sheet.remarks)
    cells = {column.name: sheet.cells(picked[column.name], column) for column in contract.columns}
    return _raw(
        place, cells, sheet.numbers, lost=tuple(_blank(sheet.blank, place)), sha256=sheet.sha256, hidden=sheet.hidden
    )


def _lost(read: Delimited, place: Place) -> Iterator[Group]:
    """The rows of another width than the header's, and blank rows in the middle."""
    ragged = read.ragged
    if ragged.num_rows:
        args, each = {"width": len(read.header)}, {"count": flat(ragged.column("count"))}
        rows, texts = flat(ragged.column("row")), flat(ragged.column("text"))
        yield Group("KPI630", place, None, -1, rows, texts, args, each)
    yield from _blank(read.blank, place)


def _blank(blank: pa.Array, place: Place) -> Iterator[Group]:
    if len(blank):
        yield Group("KPI631", place, None, -1, blank, pa.nulls(len(blank), pa.string()))


def _read_parquet(contract: Table, source: Source, path: Path, place: Place) -> Raw:
    import pyarrow.parquet as pq

    try:
        with open_file(path) as file:
            check_content(file.read(FIRST_BYTES), ".parquet", place)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with pq.ParquetFile(path) as parquet:
            names = parquet.schema_arrow.names
            picked = picked_columns(contract, names, source.columns, place)
            table = read_columns(parquet, path, [names[index] for index in picked.values()])
        kept = {name: table.column_names.index(names[index]) for name, index in picked.items()}
        return _typed_raw(contract, place, table, kept, digest)
    except OSError as error:
        if error.errno is None:  # so it is about what the file holds
            raise place.fault("KPI614", Note("anew"), reason=Damaged.PARQUET) from None
        raise place.fault("KPI612", *near(path), Note("from_folder"), reason=reason(error)) from None
    except TooLarge as error:
        raise error.fault(place) from None
    except (pa.ArrowException, ValueError, KeyError, TypeError):  # pandas reads the types that a file declares
        raise place.fault("KPI614", Note("anew"), reason=Damaged.PARQUET) from None


def _read_query(contract: Table, source: Source, bindings: Bindings) -> Raw:
    place = Place(contract.name, Kind.QUERY, source.span)
    table, renamed = run_query(source.target, place, bindings.folder, bindings.readable)
    names = table.column_names

    def remarks(index: int) -> Iterator[Remark]:
        return ((name, said_units(name)) for name in renamed.get(names[index], ()))

    return _typed_raw(contract, place, table, picked_columns(contract, names, source.columns, place, remarks))


def _typed_raw(
    contract: Table, place: Place, table: pa.Table, picked: Mapping[str, int], sha256: str | None = None
) -> Raw:
    by_column = {}
    for column in contract.columns:
        index = picked[column.name]
        by_column[column.name] = arrow_cells(table.column(index), column, table.schema.field(index).metadata)
    return _raw(place, by_column, counting(1, table.num_rows), sha256=sha256)


def _raw(place: Place, by_column: Mapping[str, Cells], numbers: pa.Array, **rest: Any) -> Raw:  # noqa: ANN401  # as `Raw`
    return Raw(
        place=place,
        cells=pa.table({name: cells for name, (cells, _) in by_column.items()}),
        numbers=numbers,
        findings={name: findings for name, (_, findings) in by_column.items() if findings},
        **rest,
    )


def _wanted(contract: Table, columns: Mapping[str, str]) -> dict[str, str]:
    """What the source calls each column of the contract."""
    return {column.name: plain(columns.get(column.name, column.name)) for column in contract.columns}


def picked_columns(
    contract: Table,
    names: Sequence[str],
    columns: Mapping[str, str],
    place: Place,
    remarks: Callable[[int], Iterable[Remark]] = lambda _: (),
) -> dict[str, int]:
    """Which of the source's columns holds each column of the contract; names are compared as they look (`plain`).

    `remarks` are texts of the source that may say the unit of one of its columns, beside its name.

    Raises:
        Fault: a name that is wanted stands twice in the source, or not at all; or the source says a unit that the
            contract does not.
    """
    headers = [plain(name) for name in names]
    needed = set(_wanted(contract, columns).values())
    faults = [
        fault
        for name, count in Counter(headers).items()
        if count > 1 and name in needed
        for fault in place.fault("KPI617", Note("rename"), name=name, count=count).diagnostics
    ]
    if len(needed) > 1 and needed.isdisjoint(headers) and not any(similar(name, headers) for name in needed):
        header = [name for name in headers if name]
        above = (Note("above"),) if Path(str(place.source)).suffix.lower() in {".csv", *_SHEETS} else ()
        if place.source is Kind.QUERY and len(header) == 1 and "," in header[0]:
            above = (Note("quotes"),)
        raise place.fault("KPI658", *above, Note("named"), found=header, wanted=[*_wanted(contract, columns).values()])
    picked: dict[str, int] = {}
    held = {column.name: column for column in contract.columns}
    for column, wanted in _wanted(contract, columns).items():
        if wanted in headers:
            picked[column] = at = headers.index(wanted)
            faults += unit_faults(held[column], wanted, remarks(at), place)
            continue
        near = similar(wanted, headers)
        key = "rename" if place.source is Kind.FRAME else "similar"
        helps = [Note(key, {"similar": near})] if near else []
        listed = Note("found", {"found": [name for name in headers if name]})
        faults += place.fault("KPI618", *helps, listed, name=wanted, column=column).diagnostics
    if faults:
        raise Fault(faults)
    return picked


def unknown_columns(contract: Table, source: Source) -> list[Diagnostic]:
    """Faults for columns that the bindings name and the contract does not have."""
    known = [column.name for column in contract.columns]
    faults = []
    for name, span in source.column_spans.items():
        if name not in known:
            helps = did_you_mean(name, known, Note("known", {"known": known}))
            faults.append(Diagnostic("KPI611", span, {"table": contract.name, "column": name}, helps=helps))
    return faults
