"""What two tables of results say differently: row by row and cell by cell, for whom and of which item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data.arrow import flat, plain_text
from kpirules.records import dataclass
from kpirules.source import Diagnostic

_CHANGED = "KPI751"
_ADDED = "KPI752"
_REMOVED = "KPI753"
_FORM = "KPI754"


class Cell(Enum):
    """How a message shows a cell without a value."""

    EMPTY = "cell_empty"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a run folder.

    `file` is its name in the folder; `subject`, `item` and `column` say which figure is meant, `recorded` and
    `recomputed` what it is in the folder and what it comes to, each None where there is nothing to say.
    """

    diagnostic: Diagnostic
    file: str | None = None
    subject: str | None = None
    item: str | None = None
    column: str | None = None
    recorded: str | None = None
    recomputed: str | None = None

    def text(self, lang: str) -> str:
        """The finding in words, in a language (`en`, `zh`)."""
        return self.diagnostic.message(lang)

    def to_json(self, lang: str) -> dict[str, Any]:
        """The finding as data that `json.dumps` takes; its message is in that language."""
        return {
            "code": self.diagnostic.code,
            "message": self.text(lang),
            "file": self.file,
            "subject": self.subject,
            "item": self.item,
            "column": self.column,
            "recorded": self.recorded,
            "recomputed": self.recomputed,
        }


@dataclass(frozen=True, slots=True)
class Shape:
    """Which columns of a table name a row (`keys`), the subject and the item that the row is about."""

    keys: tuple[str, ...]
    subject: str
    item: str | None = None


_SHAPES = {
    "items": Shape(("kind", "item", "key"), "key", "item"),
    "not_considered": Shape(("item", "key"), "key", "item"),
    "uncredited": Shape(("table", "row"), "subject"),
    "quarantine": Shape(("table", "row", "code", "column"), "subjects"),
}


def shape(name: str, columns: Sequence[str]) -> Shape:
    """The shape of a table of results; those that are not listed have a row for each subject, its key first."""
    return _SHAPES.get(name) or Shape((columns[0],), columns[0])


def differences(file: str, recorded: pa.Table, recomputed: pa.Table, of: Shape) -> Iterator[Finding]:
    """Where a recorded table differs from the recomputed one; both have the same columns.

    Cells that differ come first, by row, then rows that only one of the two has; where there are none of these, but the
    rows are in another order, the file as a whole.
    """
    if recorded.equals(recomputed):
        return
    here, there = _identities(recorded, of), _identities(recomputed, of)
    place = {identity: at for at, identity in enumerate(there)}
    pairs = [(at, place[identity]) for at, identity in enumerate(here) if identity in place]
    told = list(_cells(file, recorded, recomputed, of, pairs))
    known = set(here)
    told += _rows(_ADDED, file, recorded, of, [at for at, identity in enumerate(here) if identity not in place])
    told += _rows(_REMOVED, file, recomputed, of, [at for at, identity in enumerate(there) if identity not in known])
    yield from told or [not_as_written(file)]


def not_as_written(file: str) -> Finding:
    """What is said of a file whose values are equal, but which is not what a run writes."""
    return Finding(Diagnostic(_FORM, None, {"file": file}), file)


def _identities(table: pa.Table, of: Shape) -> list[tuple[object, ...]]:
    """What names each row; of rows that are named alike, their number among these too."""
    seen: dict[tuple[object, ...], int] = {}
    identities: list[tuple[object, ...]] = []
    for key in zip(*(table.column(name).to_pylist() for name in of.keys), strict=True):
        seen[key] = seen.get(key, 0) + 1
        identities.append((*key, seen[key]))
    return identities


def _cells(
    file: str, recorded: pa.Table, recomputed: pa.Table, of: Shape, pairs: Sequence[tuple[int, int]]
) -> Iterator[Finding]:
    """The cells that differ in rows of both tables, given as pairs of their places."""
    mine = recorded.take(pa.array([at for at, _ in pairs], pa.int64()))
    theirs = recomputed.take(pa.array([other for _, other in pairs], pa.int64()))
    changes: list[tuple[int, int, str, str | None, str | None]] = []
    for nth, name in enumerate(recorded.column_names):
        was, now = (flat(plain_text(table.column(name))) for table in (mine, theirs))
        same = pc.if_else(pc.or_(pc.is_null(was), pc.is_null(now)), pc.and_(pc.is_null(was), pc.is_null(now)), None)
        rows = pc.indices_nonzero(pc.invert(pc.coalesce(same, pc.equal(was, now))))
        cells = zip(rows.to_pylist(), was.take(rows).to_pylist(), now.take(rows).to_pylist(), strict=True)
        changes += ((row, nth, name, was, other) for row, was, other in cells)
    for row, _, name, was, now in sorted(changes, key=lambda change: change[:2]):
        subject, item, whom = _named(mine, of, row)
        args: dict[str, object] = {"file": file, "subject": whom, "figure": name if item is None else f"{item}.{name}"}
        args |= {"recorded": quoted(was), "recomputed": quoted(now)}
        yield Finding(Diagnostic(_CHANGED, None, args), file, subject, item, name, was, now)


def _rows(code: str, file: str, table: pa.Table, of: Shape, places: Sequence[int]) -> Iterator[Finding]:
    """The rows that only one table has."""
    for row in places:
        subject, item, whom = _named(table, of, row)
        named = [item, whom] if of.subject in of.keys else [_key(table, of, row), subject]
        args = {"file": file, "row": " / ".join(part for part in named if part is not None)}
        yield Finding(Diagnostic(code, None, args), file, subject, item)


def _named(table: pa.Table, of: Shape, row: int) -> tuple[str | None, str | None, str]:
    """The subject and the item of a row, and what a message calls it: the subject, or else its key."""
    subject = _text(table, of.subject, row)
    item = None if of.item is None else _text(table, of.item, row)
    return subject, item, subject or _key(table, of, row)


def _key(table: pa.Table, of: Shape, row: int) -> str:
    return " ".join(text for name in of.keys if (text := _text(table, name, row)) is not None)


def _text(table: pa.Table, name: str, row: int) -> str | None:
    value = table.column(name)[row].as_py()
    return None if value is None else str(value)


def quoted(cell: str | None) -> str | Cell:
    """A cell as a message shows it."""
    return Cell.EMPTY if cell is None or cell == "" else f"`{cell}`"
