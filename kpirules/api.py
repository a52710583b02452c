"""The Python interface: a scheme loaded, run on frames or on its bindings, its results as frames, explained and kept.

    scheme = kpirules.load("policy.kpi")
    result = scheme.run({"staff": staff, "orders": orders}, period="2024Q3")
    result.scores                  # a pandas frame, figures as exact `Decimal`
    print(result.explain("E001"))  # why each figure is what it is
    result.save("runs/2024Q3")
    kpirules.verify("runs/2024Q3").findings  # what in the folder is not as the run wrote it, or does not follow

What a person got wrong is raised as `kpirules.Fault`: its `diagnostics` are data, and its text says all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpirules.compiling import Compiled, compile_file
from kpirules.data.bindings import Bindings, load_bindings
from kpirules.data.faults import listed
from kpirules.runs.evaluate import evaluate
from kpirules.runs.explain import explained
from kpirules.runs.folder import RESULTS, check_free, save
from kpirules.runs.inputs import packed
from kpirules.runs.manifest import Done
from kpirules.runs.replay import Replay
from kpirules.runs.replay import replay as _replay
from kpirules.runs.table_rows import TableRows
from kpirules.runs.verify import Verification
from kpirules.runs.verify import verify as _verify
from kpirules.source import Diagnostic
from kpirules.source.catalogue import reader_language
from kpirules.source.files import BINDINGS, bindings_file, shown
from kpirules.trace import Trace, to_json
from kpirules.trace.text import render

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def load(path: str | PathLike[str]) -> Scheme:
    """A scheme, checked: of a rule file, of a `kpirules.yaml`, or of the folder that has one.

    Raises:
        Fault: a file cannot be read, or the scheme has faults; all of them, each with its place.
    """
    given = Path(path)
    if given.is_dir() or given.suffix in {".yaml", ".yml"}:
        bindings = load_bindings(given / BINDINGS if given.is_dir() else given)
        return Scheme(compile_file(bindings.scheme, shown(bindings.scheme)), bindings.scheme, bindings.path)
    return Scheme(compile_file(given, shown(given)), given, given.parent / BINDINGS)


def verify(folder: str | PathLike[str], *, sample: int | None = None, seed: int | None = None) -> Verification:
    """Check every digest of a run folder, and recompute its figures from the data that it keeps.

    Up to 10,000 subjects all are recomputed on the reference engine, of more a sample of 1,000, or of as many as
    `sample` says; `seed` draws an earlier sample again. The figures of all subjects are compared in any case.

    Raises:
        Fault: it is not a run folder, or a file of it is missing or cannot be read.
        ValueError: `sample` is below 1.
    """
    if sample is not None and sample < 1:
        raise ValueError(f"sample={sample}")
    return _verify(Path(folder), sample, seed)


def replay(folder: str | PathLike[str]) -> Replay:
    """Make the run of a run folder again, from that folder alone, and compare the results with those in it.

    Raises:
        Fault: it is not a run folder, a file of it is missing or cannot be read, or its rules or data were changed or
            not kept.
    """
    return _replay(Path(folder))


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme that has passed every check.

    `path` is its rule file, `bindings` the `kpirules.yaml` that it has, or would have beside it.
    """

    compiled: Compiled = field(repr=False)
    path: Path
    bindings: Path

    @property
    def name(self) -> str:
        """Its name."""
        return self.compiled.plan.scheme

    @property
    def title(self) -> str | None:
        """Its title, if it has one."""
        return self.compiled.plan.title

    @property
    def version(self) -> str:
        """Its version, empty where it says none."""
        return self.compiled.plan.version

    @property
    def tables(self) -> Mapping[str, tuple[str, ...]]:
        """The names of its tables, and of the columns of each: what `run` asks for."""
        return {
            name: tuple(column.name for column in table.columns) for name, table in self.compiled.model.tables.items()
        }

    def run(
        self,
        data: Mapping[str, object] | str | PathLike[str] | None = None,
        *,
        period: str,
        quarantine: bool = False,
        allow_empty: bool = False,
    ) -> Result:
        """Evaluate the scheme for a period (`2024Q3`, `2024-07`, `2024H2`, `2024`).

        `data` has a frame for each table, by name: a pandas frame, an Arrow table, or anything that gives Arrow data of
        itself; its columns have the contract's names, others are passed over. Or it is the path of a `kpirules.yaml`;
        None takes the scheme's own. With `quarantine`, faulty rows are set aside, with the rows that refer to them or
        match them. With `allow_empty`, a run without any row of its period goes on.

        Raises:
            Fault: the period, the bindings or a source is at fault, no table has a row of the period, or working the
                scheme out found a fault.
            DataFaults: data breaks its contract; a Fault whose `count` and `listed` tell of every row.
        """
        given: Bindings | Mapping[str, object]
        if isinstance(data, Mapping):
            given = data
        else:
            given = load_bindings(bindings_file(self.bindings if data is None else Path(data)))
        return Result(evaluate(self.compiled, self.path, given, period, quarantine=quarantine, allow_empty=allow_empty))


@dataclass(frozen=True, slots=True)
class Result:
    """The results of a run, as frames; `table` gives each as an Arrow table, whose columns its docstring names."""

    done: Done = field(repr=False)

    def __repr__(self) -> str:
        plan, result = self.done.compiled.plan, self.done.result
        version = f" {plan.version}" if plan.version else ""
        broken = f", {len(result.broken)} broken" if result.broken else ""
        return f"<Result of {plan.scheme}{version}, {result.period}: {result.scores.num_rows} subjects{broken}>"

    @property
    def period(self) -> str:
        """The period, in its short form."""
        return str(self.done.result.period)

    @property
    def scores(self) -> pd.DataFrame:
        """A row for each subject: key, scorecard, total, grade, pay, flags (see `kpirules.runs.run.Result`)."""
        return self._frame("scores")

    @property
    def items(self) -> pd.DataFrame:
        """A row for each subject and item: its figures, and how they came about."""
        return self._frame("items")

    @property
    def not_assessed(self) -> pd.DataFrame:
        """A row for each subject without a total: `key`, `reason`."""
        return self._frame("not_assessed")

    @property
    def not_considered(self) -> pd.DataFrame:
        """A row for each pay item and subject not considered for it, as not assessed: `item`, `key`, `reason`."""
        return self._frame("not_considered")

    @property
    def left_out(self) -> pd.DataFrame:
        """A row for each subject who is not scored: `key`, `reason`."""
        return self._frame("left_out")

    @property
    def uncredited(self) -> pd.DataFrame:
        """The rows of data that count for nobody, and why (see `kpirules.runs.uncredited`)."""
        return self._frame("uncredited")

    @property
    def quarantine(self) -> pd.DataFrame:
        """The rows that were set aside, once for each reason."""
        return self._frame("quarantine")

    @property
    def warnings(self) -> pd.DataFrame:
        """What is no fault of the data and may be a mistake: a row for each, as in a list of faults."""
        frame: pd.DataFrame = listed(self.done.loaded.warnings, self.done.compiled.plan.language).to_pandas()
        return frame

    @property
    def tables(self) -> tuple[TableRows, ...]:
        """For each table, how many rows were read, of the period, counted, credited to nobody, set aside."""
        return self.done.result.tables

    @property
    def broken(self) -> tuple[Diagnostic, ...]:
        """What the scheme says the results must keep (`ensure`) and they do not: each rule, and who breaks it."""
        return tuple(demand.diagnostic() for demand in self.done.result.broken)

    def table(self, name: str) -> pa.Table:
        """`scores`, `items`, `not_assessed`, `not_considered`, `left_out`, `uncredited` or `quarantine`, in Arrow.

        Figures are `decimal128`.

        Raises:
            KeyError: there is no result of that name.
        """
        return {result: getattr(self.done.result, result) for result in RESULTS}[name]

    def _frame(self, name: str) -> pd.DataFrame:
        frame: pd.DataFrame = self.table(name).to_pandas()
        return frame

    def explain(self, subject: object, item: str | None = None) -> Explanation:
        """Why the figures of a subject are what they are, all of them or those of one item.

        They are worked out again by the reference engine, and are equal to the run's.

        Raises:
            Fault: nobody with that key was scored, or there is no such item.
        """
        done = self.done
        return Explanation(explained(done.compiled, done.loaded, done.result, str(subject), item))

    def save(self, folder: str | PathLike[str], *, keep_inputs: bool = True, csv: bool = False) -> Path:
        """Keep the run in a folder, which must not be there, or be empty; `kpirules explain --run` reads it.

        Raises:
            Fault: the folder is in use (KPI724), or cannot be written (KPI725).
        """
        target = Path(folder)
        check_free(target)
        contracts = tuple(self.done.compiled.model.tables.values())
        inputs = packed(self.done.loaded, contracts) if keep_inputs else None
        return save(replace(self.done, inputs=inputs), target, numbered=False, csv=csv)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The trace of one subject; its text is what `kpirules explain` shows."""

    trace: Trace = field(repr=False)

    def __repr__(self) -> str:
        item = "" if self.trace.asked is None else f", {self.trace.asked}"
        return f"<Explanation of {self.trace.subject}{item}, {self.trace.period}>"

    def __str__(self) -> str:
        return self.text()

    def text(self, lang: str | None = None, *, rows: bool = False) -> str:
        """The trace as text in a language, `en` or `zh`, the reader's own by default; `rows` lists all rows of data."""
        return render(self.trace, lang or reader_language(), rows=rows)

    def to_json(self, lang: str | None = None) -> dict[str, Any]:
        """The trace as data that `json.dumps` takes (`kpirules/trace/trace.schema.json`); `lang` as of `text`."""
        return to_json(self.trace, lang or reader_language())
