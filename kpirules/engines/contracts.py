"""Tables in files held to their contracts by DuckDB: it counts what breaks them, and lists nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import duckdb

from kpirules.engines.duckdb import UNLIMITED, InFile, Limits, register, set_up
from kpirules.engines.sql import DUCKDB, contracts
from kpirules.engines.sql.contracts import Shown
from kpirules.plan.contracts import ColumnContract, TableContract

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection
    from numpy import uint64
    from numpy.typing import NDArray
    from sqlglot import exp


def doubtful(
    asked: Sequence[TableContract],
    in_files: Mapping[str, InFile],
    others: Mapping[str, pa.Table],
    limits: Limits = UNLIMITED,
) -> frozenset[str] | None:
    """The names of the tables in files that have texts which may be taken for others; None where one is not sound.

    `others` are tables that those in files may refer to; they keep their contracts. A table is sound if no value breaks
    its contract, and no text is in any doubt: it is not blank, no space is at its edges, and it can be spelt in one way
    only.
    """
    try:
        with TemporaryDirectory(dir=limits.temp) as temp, duckdb.connect() as connection:
            counting = _Counting(connection, {**others, **in_files})
            set_up(connection, limits, temp, in_files.values())
            register(connection, counting.shown, {**others, **in_files})
            mine = [contract for contract in asked if contract.name in in_files]
            if len(mine) < len(in_files) or not all(map(counting.sound, mine)):
                return None
            return frozenset(contract.name for contract in mine if counting.alike(contract))
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except (duckdb.Error, MemoryError, OSError):
        return None  # the careful reader says what is wrong


class _Counting:
    """Queries about tables that lie in files, on one connection."""

    def __init__(self, connection: DuckDBPyConnection, tables: Mapping[str, InFile | pa.Table]) -> None:
        self.connection = connection
        self.tables = tables
        self.plain: set[str] = set()
        self.shown: Shown = {
            name: (f"t{nth}", {column: f"c{at}" for at, column in enumerate(table.column_names)})
            for nth, (name, table) in enumerate(tables.items())
        }

    def sound(self, contract: TableContract) -> bool:
        """Whether nothing breaks a contract, or may do so."""
        return not any(map(self._any, self._faults(contract))) and self._distinct(contract)

    def alike(self, contract: TableContract) -> bool:
        """Whether texts of a table that keeps its contract may be taken for others."""
        return any(self._may_be_mistaken(contract, column) for column in contracts.texts(contract))

    def _faults(self, contract: TableContract) -> Iterator[exp.Select]:
        yield contracts.broken(contract, self.shown)
        for column in contract.columns:
            if column.target is not None and not column.may_miss:
                yield contracts.lost(contract, column, self.shown)
        own_keys = contracts.own_keys(contract)
        for column in contracts.texts(contract):
            if column not in own_keys:
                yield from self._unusual(contract, column)

    def _unusual(self, contract: TableContract, column: ColumnContract) -> Iterator[exp.Select]:
        if self._any(contracts.unusual(contract, column, self.shown, ascii_only=True)):
            yield contracts.unusual(contract, column, self.shown, ascii_only=False)

    def _may_be_mistaken(self, contract: TableContract, column: ColumnContract) -> bool:
        if column.may_miss:
            return column.target is not None and self._any(contracts.lost(contract, column, self.shown))
        if not column.key or contract.name in self.plain:
            return False
        turned = (contracts.other_case(contract, column, self.shown, upper=upper) for upper in (True, False))
        return all(map(self._any, turned)) or self._any(
            contracts.unusual(contract, column, self.shown, ascii_only=True)
        )

    def _distinct(self, contract: TableContract) -> bool:
        """Whether no two rows have the same key, and each has one that is spelt in one way.

        That is seen by the hashes of the keys; if it says no, two hashes may be the same by chance.
        """
        if not contract.key:
            return True
        hashes = self._hashes(contract, plain=True)
        if len(hashes) == self.tables[contract.name].num_rows:
            self.plain.add(contract.name)
        else:
            for column in contracts.own_keys(contract):
                if self._any(contracts.absent(contract, column, self.shown)):
                    return False
                if any(map(self._any, self._unusual(contract, column))):
                    return False
            hashes = self._hashes(contract, plain=False)
        hashes.sort()
        return not bool((hashes[1:] == hashes[:-1]).any())

    def _hashes(self, contract: TableContract, *, plain: bool) -> NDArray[uint64]:
        query = contracts.key_hashes(contract, self.shown, plain=plain)
        hashes: NDArray[uint64] = self.connection.execute(_text(query)).fetchnumpy()["hash"]  # type: ignore[assignment]
        return hashes

    def _any(self, query: exp.Select) -> bool:
        """Whether a row of counts, or of what holds, has any that is not 0."""
        row = self.connection.execute(_text(query)).fetchone()
        assert row is not None
        return any(row)


def _text(query: exp.Select) -> str:
    return query.sql(DUCKDB.name, copy=False)
