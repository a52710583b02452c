"""A scheme evaluated for a period: its data read, checked and worked out, each step timed and told to who watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from time import perf_counter_ns

from kpirules.compiling import Compiled
from kpirules.data.bindings import Bindings
from kpirules.data.in_place import read_large
from kpirules.data.load import BrokenContracts, read_tables, typed_tables
from kpirules.engines.bulk import DEFAULT_LIMITS, Bulk
from kpirules.engines.duckdb import Limits
from kpirules.records import dataclass
from kpirules.runs.demands import required, with_demands
from kpirules.runs.empty import check_rows
from kpirules.runs.in_place import in_place, unchanged
from kpirules.runs.inputs import packed
from kpirules.runs.manifest import Done
from kpirules.runs.provenance import Request
from kpirules.runs.run import columns, in_force, read_period, result_of, worked_out
from kpirules.runs.sample import SIZE, hold


def _nobody(_: str) -> None:
    """Watches nothing."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a run: `watch` is told of each as it begins, `times` has the milliseconds of those that are done."""

    watch: Callable[[str], None] = _nobody
    times: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """The step of that name."""
        self.watch(name)
        begin = perf_counter_ns()
        yield
        self.times[name] = (perf_counter_ns() - begin) // 1_000_000


def evaluate(
    compiled: Compiled,
    scheme: Path,
    data: Bindings | Mapping[str, object],
    period: str,
    *,
    quarantine: bool = False,
    allow_empty: bool = False,
    keep_inputs: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    sample: int = SIZE,
    command: tuple[str, ...] | None = None,
    steps: Steps | None = None,
) -> Done:
    """Evaluate a scheme for a period; `scheme` is its file, `data` its bindings, or its tables as frames by name.

    With `keep_inputs`, the inputs are made ready to be kept while the engine works. With `allow_empty`, a run without
    any row of its period goes on. `limits` are those of the bulk engine, and `sample` is how many subjects are worked
    out on the reference engine as well. `command` are the words of the command line that asked for the run.

    Raises:
        Fault: the text is no period (KPI720), the scheme is not in force in it (KPI721), data cannot be read, there are
            no rows of the period (`check_rows`), or the run itself finds a fault (`worked_out`, `result_of`).
        DataFaults: data breaks its contract, or what the rules require of it.
        Disagreement: the two engines differ.
    """
    steps = steps or Steps()
    wanted = read_period(period, compiled.plan.period)
    in_force(compiled.plan, wanted)
    contracts = tuple(compiled.model.tables.values())
    subject = compiled.model.subject.table.name
    with steps.step("read"):
        try:
            if isinstance(data, Bindings):
                if quarantine:
                    loaded = read_tables(contracts, data, quarantine=True, subject=subject)
                else:
                    loaded = read_large(contracts, data, in_place(contracts, limits), subject=subject)
            else:
                loaded = typed_tables(contracts, data, quarantine=quarantine, subject=subject)
        except BrokenContracts as broken:
            raise with_demands(compiled, broken, wanted, Bulk(limits)) from None
    engine = Bulk(limits)
    with unchanged(loaded):
        with steps.step("run"):
            loaded = required(compiled, loaded, wanted, quarantine=quarantine, engine=engine)
            check_rows(compiled, loaded, wanted, allow_empty=allow_empty)
            with ThreadPoolExecutor(1) as beside:
                inputs = beside.submit(packed, loaded, contracts) if keep_inputs else None
                outcome = worked_out(compiled, compiled.plan, loaded.tables, wanted, columns(compiled.plan), engine)
                result = result_of(compiled, loaded, wanted, outcome)
        with steps.step("sample"):
            held = hold(compiled, loaded, wanted, outcome, sample)
    path, text = (data.path, data.span.source.text) if isinstance(data, Bindings) else (None, None)
    request = Request(command, {"quarantine": quarantine, "allow_empty": allow_empty}, text)
    return Done(
        compiled,
        loaded,
        result,
        scheme,
        path,
        steps.times,
        inputs.result() if inputs else None,
        request,
        held,
        tuple(engine.failures),
    )
