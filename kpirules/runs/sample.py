"""Some subjects of a run worked out once more on the reference engine, and held against what the bulk engine has."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.load import Loaded
from kpirules.engines import reference
from kpirules.engines.outcome import Outcome, RunStopped, shown, values
from kpirules.records import dataclass
from kpirules.runs.run import columns, params
from kpirules.source import Diagnostic, Fault, Note
from kpirules.values.periods import Period

if TYPE_CHECKING:
    import pyarrow as pa

    from kpirules.plan.ir import Plan, Value

SIZE = 20
"""How many subjects are worked out twice, unless somebody says otherwise."""
SEEDS = 1 << 32


class Disagreement(Fault):
    """Two engines have come to different figures: a fault of the program."""

    ours = True


@dataclass(frozen=True, slots=True)
class Sample:
    """The subjects whose figures the reference engine has come to as well, by the seed that draws them."""

    seed: int
    subjects: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """It as a manifest has it."""
        return {"engine": reference.NAME, "seed": self.seed, "subjects": list(self.subjects)}


def drawn(table: pa.Table, key: str, size: int, seed: int) -> list[Value]:
    """So many keys of a table, or all, in order of the draw; the same for the same seed."""
    rows = range(table.num_rows)
    places = random.Random(seed).sample(rows, min(size, len(rows)))  # noqa: S311  # a sample that can be drawn again
    return values(table.select([key]).take(places), key)


def hold(compiled: Compiled, loaded: Loaded, period: Period, outcome: Outcome, size: int = SIZE) -> Sample | None:
    """Hold an outcome against the reference engine for `size` subjects, drawn at random; None where nobody is drawn.

    Raises:
        Disagreement: a figure differs (KPI749), the first of each subject.
    """
    plan = compiled.plan
    if outcome.engine == reference.NAME or not size or not outcome.subjects.num_rows:
        return None
    seed = 1 + secrets.randbelow(SEEDS)
    keys = drawn(outcome.subjects, plan.key, size, seed)
    try:
        again = reference.run_some(plan, loaded.tables, params(period), columns(plan), keys)
    except RunStopped as stopped:
        raise Disagreement(fault.diagnostic(compiled.told) for fault in stopped.faults) from None
    differences = list(_differences(plan, outcome, again, keys))
    if differences:
        raise Disagreement(differences)
    return Sample(seed, tuple(map(str, keys)))


def _differences(plan: Plan, outcome: Outcome, again: Outcome, keys: Sequence[Value]) -> Iterator[Diagnostic]:
    """The first figure of each subject that is not the same."""
    wanted = pc.is_in(outcome.subjects.column(plan.key), value_set=again.subjects.column(plan.key).combine_chunks())
    ours = outcome.subjects.filter(wanted)
    names = [plan.key, *columns(plan)]
    bulk, exact = (_by_key(table, names) for table in (ours, again.subjects))
    for key in keys:
        batch, other = bulk.get(key, {}), exact.get(key, {})
        name = next((name for name in names if batch.get(name) != other.get(name)), None)
        if name is not None:
            args = {"subject": key, "figure": name, "bulk": shown(batch.get(name)), "exact": shown(other.get(name))}
            yield Diagnostic("KPI749", None, {**args, "engine": outcome.engine}, helps=(Note("report"),))


def _by_key(table: pa.Table, names: Sequence[str]) -> Mapping[Value, Mapping[str, Value]]:
    columns_ = {name: values(table, name) for name in dict.fromkeys(names)}
    keys = columns_[names[0]]
    return {key: {name: column[nth] for name, column in columns_.items()} for nth, key in enumerate(keys)}
