"""`--quarantine`: rows that break their contract are set aside, with every row that refers to them or matches them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data.arrow import counting, flat, is_among, json_objects, no_rows
from kpirules.data.checks import comparable
from kpirules.data.faults import LISTED, Finding, Group, Place, groups_of, listed
from kpirules.model.contracts import Table
from kpirules.records import dataclass

_TEXT = pa.string()
_JOIN = ", "
_NUMBER = pa.int64()
_OWNERS = pa.schema([("table", _TEXT), ("row", _NUMBER), ("subject", _TEXT)])
_CELLS = pa.schema([("table", _TEXT), ("row", _NUMBER), ("cells", _TEXT)])
_PAIRS = 1_000_000
"""How many pairs of an unreadable row and a subject are kept; past that, only the first unreadable rows name them."""

SCHEMA = pa.schema(
    [*(LISTED.field(name) for name in LISTED.names if name != "help"), ("subjects", _TEXT), ("cells", _TEXT)]
)
"""The columns of the rows set aside: `subjects` are the keys of whom a row concerns, with commas between; `cells` what
the row holds, as a JSON object of texts by column (null for a row that could not be told apart into cells)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the rows of a table come from: their row numbers, and what their cells showed, by column.

    `lost` are faults of rows that could not be told apart into cells, and so are not among them.
    """

    place: Place
    numbers: pa.Array
    shown: Mapping[str, pa.ChunkedArray]
    lost: tuple[Group, ...] = ()

    def unread(self) -> Iterator[pa.Array]:
        """The numbers of the rows that hold something and could not be told apart into cells."""
        for group in self.lost:
            yield group.rows.filter(pc.is_valid(group.values)).cast(_NUMBER)

    def groups(self, contract: Table, findings: Sequence[Finding]) -> Iterator[Group]:
        """What is wrong in the table, told by row number and by what the cells show."""
        order = {column.name: index for index, column in enumerate(contract.columns)}
        yield from self.lost
        yield from groups_of(self.place, order, self.numbers, self.shown, findings)


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The rows that were set aside.

    `counts` says how many of each table, where any was. `groups` say why, for a row as often as there are reasons;
    those of a recorded list have none. `cells` has what each row holds, and `owners` whom it concerns (`table`, `row`,
    `subject`, a row for each pair). `out` are the keys of subjects whose own row was set aside, as texts.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    cells: pa.Table = field(default_factory=lambda: no_rows(_CELLS))
    owners: pa.Table = field(default_factory=lambda: no_rows(_OWNERS))
    out: pa.Array = field(default_factory=lambda: pa.array([], _TEXT))

    @property
    def touched(self) -> pa.Table:
        """How many rows that concern a subject were set aside: `subject` (its key as a text), `rows`; sorted."""
        counts = self.owners.group_by("subject").aggregate([("row", "count")]).rename_columns(["subject", "rows"])
        return counts.sort_by("subject")

    def listed(self, lang: str) -> pa.Table:
        """Every row set aside, once for each reason, as rows of `SCHEMA`; messages are in that language."""
        faults = listed(self.groups, lang)
        place = _placed(faults)
        cells = self.cells.column("cells").take(pc.index_in(place, value_set=_placed(self.cells)))
        owners = self.owners.append_column("at", _placed(self.owners)).group_by("at", use_threads=False)
        owners = owners.aggregate([("subject", "list")])
        subjects = pc.binary_join(pc.cast(owners.column("subject_list"), pa.list_(_TEXT)), _JOIN)
        subjects = subjects.take(pc.index_in(place, value_set=owners.column("at")))
        return (
            faults.drop_columns("help").append_column("subjects", subjects).append_column("cells", cells).cast(SCHEMA)
        )

    def with_more(self, other: Quarantine) -> Quarantine:
        """These rows and others; no row is in both."""
        tables = dict.fromkeys((*self.counts, *other.counts))
        return Quarantine(
            {name: self.counts.get(name, 0) + other.counts.get(name, 0) for name in tables},
            (*self.groups, *other.groups),
            pa.concat_tables([self.cells, other.cells]),
            pa.concat_tables([self.owners, other.owners]),
            pa.concat_arrays([self.out, other.out]),
        )


def set_aside(
    contracts: Sequence[Table],
    tables: Mapping[str, pa.Table],
    origins: Mapping[str, Origin],
    by_table: Mapping[str, Sequence[Finding]],
    subject: str | None,
) -> tuple[dict[str, pa.Array], Quarantine]:
    """Which rows stay, as a mask for each table, and the others.

    A row is set aside that a finding names (or names as the other of a clash: with two rows of one key nobody can say
    which is right), and a row that refers to or matches one set aside, and so on. Rows of a dated table that share a
    key go together: what is known of a key is then either all that was given, or nothing.

    `subject` is the table of those who are scored, None where nobody asks whom the rows concern.
    """
    drag = _Drag(contracts, tables, origins)
    for table, findings in by_table.items():
        drag.first(table, findings)
    drag.follow()
    gone = {name: pc.indices_nonzero(mask) for name, mask in drag.gone.items()}
    owners, out = [no_rows(_OWNERS)], pa.array([], _TEXT)
    if subject is not None and len(drag.contracts[subject].keys) == 1:
        owners += _owners(drag, gone, subject)
        owners += _possible_owners(drag, gone, subject)
        out = pc.drop_null(pc.unique(_texts(_keys(drag, subject).take(gone[subject]))))
    groups = tuple(drag.groups(by_table))
    quarantine = Quarantine(
        counts=_counts((group.place.table, group.rows) for group in groups),
        groups=groups,
        cells=pa.concat_tables([no_rows(_CELLS), *(_cells(name, origins[name], rows) for name, rows in gone.items())]),
        owners=pa.concat_tables(owners),
        out=out,
    )
    return {name: pc.invert(mask) for name, mask in drag.gone.items()}, quarantine


def recorded_quarantine(listed: pa.Table, subject: str, keys: pa.ChunkedArray) -> Quarantine:
    """Whom the rows of a recorded list concern (see `Quarantine.listed`); what was wrong with them is not read again.

    `subject` is the table of those who are scored, `keys` those whose rows were not set aside.
    """
    texts = listed.column("subjects")
    own = pc.drop_null(texts.filter(pc.equal(listed.column("table"), subject)))
    known = {*_texts(keys).to_pylist(), *own.to_pylist()}
    rows = zip(*(listed.column(name).to_pylist() for name in ("table", "row", "subjects")), strict=True)
    owners = [(table, row, key) for table, row, text in rows if text is not None for key in _joined_keys(text, known)]
    columns = zip(*dict.fromkeys(owners), strict=True) if owners else ((), (), ())
    table = pa.table([pa.array(column, kind) for column, kind in zip(columns, _OWNERS.types, strict=True)], _OWNERS)
    return Quarantine(counts=recorded_counts(listed), owners=table, out=flat(pc.unique(own)))


def recorded_counts(listed: pa.Table) -> dict[str, int]:
    """How many rows of each table a recorded list has, where any."""
    names = listed.column("table")
    rows = ((name, flat(listed.filter(pc.equal(names, name)).column("row"))) for name in pc.unique(names).to_pylist())
    return _counts(rows)


def _counts(rows: Iterable[tuple[str, pa.Array]]) -> dict[str, int]:
    """How many different rows there are of each table, from their numbers."""
    columns: dict[str, list[pa.Array]] = {}
    for table, numbers in rows:
        columns.setdefault(table, []).append(numbers)
    return {table: len(pc.unique(pa.concat_arrays(parts))) for table, parts in columns.items()}


def _joined_keys(text: str, known: Collection[str]) -> Iterator[str]:
    """The keys of a text that joins them; a key may have a comma in it, so the longest one that is known counts."""
    parts = text.split(_JOIN)
    while parts:
        ends = (end for end in range(len(parts), 1, -1) if _JOIN.join(parts[:end]) in known)
        end = next(ends, 1)
        yield _JOIN.join(parts[:end])
        parts = parts[end:]


class _Drag:
    """Marks rows, and then whatever refers to a marked row, until nothing more does."""

    def __init__(
        self, contracts: Sequence[Table], tables: Mapping[str, pa.Table], origins: Mapping[str, Origin]
    ) -> None:
        self.contracts = {contract.name: contract for contract in contracts}
        self.tables = tables
        self.origins = origins
        self.gone = {name: pa.repeat(pa.scalar(value=False), table.num_rows) for name, table in tables.items()}
        self.reasons: dict[str, list[Finding]] = {name: [] for name in tables}
        self.last: dict[str, pa.Array] = {}

    def first(self, table: str, findings: Sequence[Finding]) -> None:
        rows = [finding.rows for finding in findings]
        for finding in findings:
            if finding.others is not None:
                self._other_side(table, finding, findings)
                rows.append(finding.others)
        if rows:
            self.mark(table, pc.unique(pa.concat_arrays([numbers.cast(_NUMBER) for numbers in rows])))

    def _other_side(self, table: str, finding: Finding, findings: Sequence[Finding]) -> None:
        """The rows that a finding names only as those its rows clash with: for them it is the other way round."""
        assert finding.others is not None
        told = pa.concat_arrays([finding.rows.cast(_NUMBER) for finding in findings if finding.others is not None])
        others, rows = finding.others.cast(_NUMBER), finding.rows
        by_other = pa.table({"other": others, "row": rows}).group_by("other", use_threads=False)
        first = by_other.aggregate([("row", "first")])
        first = first.filter(pc.invert(pc.is_in(first.column("other"), value_set=told)))
        if first.num_rows:
            rows, others = flat(first.column("other")), flat(first.column("row_first"))
            self.reasons[table].append(Finding(finding.code, finding.columns, rows, others=others))

    def follow(self) -> None:
        while self.last:
            fresh, self.last = self.last, {}
            for contract in self.contracts.values():
                self._siblings(contract, fresh)
                self._references(contract, fresh)

    def groups(self, by_table: Mapping[str, Sequence[Finding]]) -> Iterator[Group]:
        for name in self.tables:
            findings = [*by_table.get(name, ()), *self.reasons[name]]
            yield from self.origins[name].groups(self.contracts[name], findings)

    def _siblings(self, contract: Table, fresh: Mapping[str, pa.Array]) -> None:
        if contract.name in fresh and contract.active is not None and len(contract.keys) == 1:
            self._follow(contract, contract.keys[0], contract, fresh[contract.name], "KPI650")

    def _references(self, contract: Table, fresh: Mapping[str, pa.Array]) -> None:
        for column in contract.columns:
            target = self.contracts.get(column.references or "")
            if target is not None and target.name in fresh and len(target.keys) == 1:
                self._follow(contract, column.name, target, fresh[target.name], "KPI649")

    def _follow(self, contract: Table, column: str, target: Table, rows: pa.Array, code: str) -> None:
        """Mark the rows of a table whose column has the key of one of the target's rows that were marked last."""
        keys = comparable(self.tables[target.name].column(target.keys[0])).take(rows)
        values = comparable(self.tables[contract.name].column(column))
        at = flat(pc.index_in(values, value_set=flat(keys), skip_nulls=True))
        dragged = pc.and_not(pc.is_valid(at), self.gone[contract.name])
        if not pc.any(dragged).as_py():
            return
        followed = pc.indices_nonzero(dragged)
        other = self.origins[target.name].numbers.take(rows.take(at.filter(dragged)))
        self.reasons[contract.name].append(
            Finding(code, (column,), followed, {"target": target.name}, {"other": other})
        )
        self.mark(contract.name, followed)

    def mark(self, table: str, rows: pa.Array) -> None:
        rows = rows.cast(_NUMBER)
        self.gone[table] = pc.or_(self.gone[table], is_among(len(self.gone[table]), rows))
        self.last[table] = pa.concat_arrays([self.last[table], rows]) if table in self.last else rows


# ---------------------------------------------------------------- whom the rows concern


def _owners(drag: _Drag, gone: Mapping[str, pa.Array], subject: str) -> Iterator[pa.Table]:
    """The subjects that each row set aside leads to by references, along every way there is."""
    for name, rows in gone.items():
        pairs = _known_subjects(drag, name, rows, subject)
        pairs = pairs.group_by(["at", "subject"], use_threads=False).aggregate([])
        pairs = pairs.sort_by([("at", "ascending"), ("subject", "ascending")])
        yield _owned(name, drag.origins[name].numbers.take(pairs.column("at")), pairs.column("subject"))


def _possible_owners(drag: _Drag, gone: Mapping[str, pa.Array], subject: str) -> Iterator[pa.Table]:
    """The subjects whom a row set aside may concern, because its key cannot be read.

    They are those whose rows found no match in the table of that row, and those of rows that refer to such rows.
    """
    for target, contract in drag.contracts.items():
        if len(contract.keys) != 1:
            continue
        unreadable = gone[target].filter(flat(pc.is_null(_keys(drag, target).take(gone[target]))))
        numbers = pa.concat_arrays([drag.origins[target].numbers.take(unreadable), *drag.origins[target].unread()])
        if not len(numbers):
            continue
        subjects = _without_match(drag, target, subject)
        if not len(subjects):
            continue
        named = numbers.slice(0, max(1, _PAIRS // len(subjects)))
        pairs = counting(0, len(named) * len(subjects))
        at = pc.divide(pairs, len(subjects))
        yield _owned(target, named.take(at), subjects.take(pc.subtract(pairs, pc.multiply(at, len(subjects)))))


def _without_match(drag: _Drag, target: str, subject: str) -> pa.Array:
    """The keys of the subjects whose rows, of those that stay, found no match in a table; sorted."""
    # the rows that refer to a subject are that subject's or another's: what the subject lacks is not followed to them
    lacking = _Drag(
        [contract for name, contract in drag.contracts.items() if name != subject], drag.tables, drag.origins
    )
    known = comparable(_keys(drag, target))
    for name, contract in drag.contracts.items():
        for column in contract.columns:
            if column.references == target:  # a row whose reference finds none is set aside itself
                values = comparable(drag.tables[name].column(column.name))
                met = pc.is_in(values, value_set=known, skip_nulls=True)
                lacking.mark(name, pc.indices_nonzero(pc.and_not(pc.is_valid(values), met)))
    lacking.follow()
    stay = {name: pc.indices_nonzero(pc.and_not(mask, drag.gone[name])) for name, mask in lacking.gone.items()}
    pairs = [_known_subjects(drag, name, rows, subject).column("subject") for name, rows in stay.items()]
    unmatched = pc.unique(pa.chunked_array([chunk for keys in pairs for chunk in keys.chunks], _TEXT))
    return unmatched.take(pc.sort_indices(unmatched))


def _known_subjects(drag: _Drag, name: str, rows: pa.Array, subject: str) -> pa.Table:
    """Pairs of a row's place (`at`) and the key of a subject that it leads to, where there is such a subject."""
    known = _texts(_keys(drag, subject))
    pairs = _reached(drag.contracts, drag.tables, name, rows, subject, ())
    return pairs.filter(pc.is_in(pairs.column("subject"), value_set=known, skip_nulls=True))


def _owned(table: str, rows: pa.Array, subjects: pa.Array) -> pa.Table:
    return pa.table([pa.repeat(pa.scalar(table), len(rows)), rows, subjects], _OWNERS)


def _keys(drag: _Drag, table: str) -> pa.ChunkedArray:
    """The key column of a table that has one."""
    return drag.tables[table].column(drag.contracts[table].keys[0])


def _reached(
    contracts: Mapping[str, Table],
    tables: Mapping[str, pa.Table],
    name: str,
    rows: pa.Array,
    subject: str,
    way: tuple[str, ...],
) -> pa.Table:
    """Pairs of a row's place (`at`) and the key of a subject that it leads to; `way` are the tables come through."""
    contract, table = contracts[name], tables[name]
    if name == subject:
        return _pairs(rows, table.column(contract.keys[0]).take(rows))
    reached = [_pairs(rows.slice(0, 0), pa.chunked_array([], _TEXT))]
    for column in contract.columns:
        target = contracts.get(column.references or "")
        if target is None or target.name in {name, *way} or len(target.keys) != 1:
            continue
        pairs = _pairs(rows, table.column(column.name).take(rows))
        if target.name != subject:
            keys = _texts(tables[target.name].column(target.keys[0]))
            met = pc.indices_nonzero(pc.is_in(keys, value_set=pairs.column("subject"), skip_nulls=True))
            further = _reached(contracts, tables, target.name, met, subject, (*way, name))
            further = further.append_column("key", keys.take(further.column("at"))).drop_columns("at")
            pairs = (
                pairs.rename_columns(["at", "key"]).join(further, "key", join_type="inner").select(["at", "subject"])
            )
        reached.append(pairs)
    return pa.concat_tables(reached)


def _pairs(rows: pa.Array, keys: pa.ChunkedArray) -> pa.Table:
    return pa.table({"at": rows.cast(_NUMBER), "subject": _texts(keys)})


def _cells(name: str, origin: Origin, rows: pa.Array) -> pa.Table:
    texts = {column: flat(_texts(cells.take(rows))) for column, cells in origin.shown.items()}
    table = pa.repeat(pa.scalar(name), len(rows))
    return pa.table([table, origin.numbers.take(rows), json_objects(texts, len(rows))], _CELLS)


def _placed(rows: pa.Table) -> pa.ChunkedArray:
    """What tells a row from the rows of all tables: no table's name has a space."""
    return pc.binary_join_element_wise(rows.column("table"), pc.cast(rows.column("row"), _TEXT), " ")


def _texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(values, _TEXT)
