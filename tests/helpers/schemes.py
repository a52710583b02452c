"""Small schemes and small data: worked out by both engines, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent

import pyarrow as pa

from kpirules.compiling import Compiled, compile_scheme
from kpirules.data.load import Loaded, typed_tables
from kpirules.engines import duckdb, reference
from kpirules.engines.outcome import Outcome
from kpirules.engines.schema import schemas
from kpirules.plan.ir import Compute, Value
from kpirules.runs.run import params, read_period
from kpirules.source import Diagnostic, Fault, SourceText
from kpirules.source.catalogue import LANGUAGES
from kpirules.source.render import render_text
from tests.helpers.outcomes import exact

Data = Mapping[str, Sequence[Sequence[str | None]]]
"""The rows of each table, as cells in the order of its columns; a table left out is empty."""

HEADER = """
scheme small
    version  "1"
    period   quarter
    currency CNY
    rounding score 2, total 2, money 2
"""

STAFF = """
table staff
    staff_id text key
    role     text in "AE", "KA"
    base     money between 0 and 1_000_000
subject staff
"""

DATED = """
table staff
    staff_id text key
    hired    date
    left_on  date optional
    base     money
    active from hired to left_on
subject staff
"""

ORDERS = """
table orders
    order_id text key
    staff_id text references staff
    day      date period
    amount   money
    status   text in "won", "lost"
"""

DEALS = """
table deals
    deal_id  text key
    staff_id text references staff
    signed   date period
    worth    money
table splits
    split_id text key
    deal_id  text references deals
    staff_id text references staff
    share    percent
    note     text optional
"""

DEAL_ROWS: Data = {
    "deals": [
        ("D1", "E1", "2025-01-05", "100"),
        ("D2", "E1", "2025-01-06", "200"),
        ("D3", "E2", "2025-02-01", "300"),
        ("D4", "E2", "2024-12-31", "5000"),
    ],
    "splits": [
        ("1", "D1", "E1", "60%", None),
        ("2", "D1", "E2", "40%", "half"),
        ("3", "D2", "E1", "90%", None),
        ("4", "D4", "E1", "10%", None),
    ],
}
"""D1 is wholly shared out, D2 not quite, D3 not at all; D4 is of the quarter before."""

ONE = {"staff": [("E1", "AE", "1000")]}
"""One person."""


def scheme(*items: str, header: str = HEADER, staff: str = STAFF) -> str:
    """A scheme of items, each dedented by itself, below a header and a table of people."""
    return "\n".join(dedent(part) for part in (header, staff, *items))


@dataclass(frozen=True, slots=True)
class Figures:
    """What both engines worked out, to the same digits."""

    compiled: Compiled
    outcome: Outcome

    def column(self, name: str) -> list[Value]:
        """A figure of every subject, in order of the key."""
        return exact(self.outcome, name)

    def __getitem__(self, name: str) -> Value:
        """A figure of the only subject."""
        (value,) = self.column(name)
        return value

    @property
    def faults(self) -> dict[str, list[Value]]:
        """The subjects of each run-time fault, by code and item (`KPI702 bonus`)."""
        values: dict[str, list[Value]] = {}
        for fault in self.outcome.faults:
            values.setdefault(f"{fault.code} {fault.item}", []).extend(fault.subjects)
        return values


def compiled(text: str) -> Compiled:
    """A scheme that passes every check; a fault is shown in full."""
    try:
        return compile_scheme(SourceText("small.kpi", text))
    except Fault as fault:
        raise AssertionError(render_text(fault.diagnostics, "en")) from None


def refused(text: str) -> list[Diagnostic]:
    """The diagnostics of a scheme, each of which can be drawn in both languages."""
    try:
        compile_scheme(SourceText("small.kpi", text))
    except Fault as fault:
        faults = fault.diagnostics
    else:
        return []
    for lang in LANGUAGES:
        assert render_text(faults, lang)
    return list(faults)


def told(text: str) -> list[tuple[str, str]]:
    """Code and underlined text of each diagnostic of a scheme."""
    return [(fault.code, fault.span.text.strip() if fault.span else "") for fault in refused(text)]


def tables_of(scheme: Compiled, data: Data) -> Mapping[str, pa.Table]:
    """Typed tables, as the data room reads them from texts."""
    return loaded_of(scheme, data).tables


def loaded_of(scheme: Compiled, data: Data) -> Loaded:
    """Typed tables, and where their rows are from.

    Raises:
        BrokenContracts: the data breaks the contracts of its tables.
    """
    contracts = tuple(scheme.model.tables.values())
    frames = {}
    for contract in contracts:
        rows = data.get(contract.name, ())
        columns = {
            column.name: pa.array([row[nth] for row in rows], pa.string())
            for nth, column in enumerate(contract.columns)
        }
        frames[contract.name] = pa.table(columns)
    return typed_tables(contracts, frames)


def counted(rows: Mapping[str, pa.Table]) -> dict[str, int]:
    """How many rows of each table count for nobody."""
    return {table: data.num_rows for table, data in rows.items()}


def bindings(scheme: Compiled) -> tuple[str, ...]:
    """Every binding of the final relation."""
    columns = schemas(scheme.plan)[scheme.plan.result]
    computes = [step for step in scheme.plan.steps if isinstance(step, Compute)]
    return tuple(binding.name for step in computes for binding in step.bindings if binding.name in columns)


def figures(text: str, data: Data = ONE, period: str = "2025Q1") -> Figures:
    """Work a scheme out on both engines, which must agree in every binding, fault and count of rows.

    What a trace works out from the rows of one subject alone must be the same again.

    Raises:
        RunStopped: a value is past its bounds.
    """
    checked = compiled(text)
    plan, tables = checked.plan, tables_of(checked, data)
    names = (*bindings(checked), *(name for names in plan.counted.values() for name in names))
    given = params(read_period(period, plan.period))
    here = reference.run(plan, tables, given, names)
    there = duckdb.run(plan, tables, given, names)
    keys = exact(here, plan.key)
    assert sorted(exact(there, plan.key), key=str) == keys
    if len(set(keys)) == len(keys):  # rows of one subject, which are a fault, have no order
        for name in names:
            assert exact(there, name) == exact(here, name), name
        alone = [reference.trace(plan, tables, given, key).values for key in keys]
        for name in names:
            assert [values[name] for values in alone] == exact(here, name), name
    assert there.faults == here.faults
    assert there.others == here.others
    return Figures(checked, here)
