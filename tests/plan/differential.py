"""Generated schemes give the same figures on both engines, in any order of the rows, and one person alone.

`python -m tests.plan.differential COUNT SEED STATE` tries schemes one by one, each in a process that can be ended, and
prints what it tried; `.ci/long` runs it for hours. With a COUNT of 1 one scheme is tried again, on both engines.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import resource
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from kpirules.compiling import Compiled
from kpirules.engines import duckdb, reference
from kpirules.engines.failure import EngineError, Reason
from kpirules.engines.outcome import Outcome, RunStopped
from kpirules.model.from_syntax import elaborate
from kpirules.plan.from_model import compile_model
from kpirules.plan.ir import Plan, Value
from kpirules.runs.run import params, read_period
from kpirules.source import Fault, SourceText
from kpirules.syntax import ast
from kpirules.syntax.parse import parse
from tests.helpers.outcomes import exact
from tests.helpers.schemes import bindings, tables_of
from tests.plan.wide import head, wide_data, wide_scheme

if TYPE_CHECKING:
    import pyarrow as pa

BOTH = 5
"""Each scheme of so many runs on both engines."""
LAWS = 3
"""Each scheme of so many runs again with its rows in another order, and for one person alone."""
POOL = 400
"""How many data sets there are."""
LONGEST = 60.0
"""The seconds after which a scheme hangs, on any machine that is not asleep."""
MEMORY = 4 * 2**30
"""The bytes that a scheme may take."""

Tables = Mapping[str, "pa.Table"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A scheme that is not as it should be: its number, what is wrong (`difference`, `hang`, `crash`), and how."""

    number: int
    kind: str
    what: str


@dataclass(slots=True)
class Report:
    """What was tried, and what was found."""

    tally: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Report) -> None:
        """Take over what another report has."""
        self.tally.update(other.tally)
        self.findings += other.findings

    def told(self) -> str:
        """The counts, one a line."""
        kinds = Counter(finding.kind for finding in self.findings)
        rows = [*sorted(self.tally.items()), *((f"{kind}s", kinds[kind]) for kind in ("difference", "hang", "crash"))]
        return "\n".join(f"{name:20} {count:8}" for name, count in rows).replace("crashs ", "crashes")


@cache
def _head(text: str) -> tuple[ast.Item, ...]:
    return parse(SourceText("head.kpi", text))[0].items


@cache
def _tables(nth: int) -> Tables:
    """Typed tables for any scheme."""
    random = Random(nth)  # noqa: S311  # data to try, not secrets
    return tables_of(_bare(), wide_data(random))


@cache
def _bare() -> Compiled:
    """A scheme of the tables alone."""
    text, _ = head(Random(0))  # noqa: S311
    source = SourceText("head.kpi", f"{text}\nsubject staff\n")
    model, _ = elaborate(parse(source)[0], source)
    assert model is not None
    return Compiled({source.name: source}, model, compile_model(model))


def written(number: int) -> tuple[str, str]:
    """Scheme `number`: its head, and the items below."""
    random = Random(number)  # noqa: S311  # schemes to try, not secrets
    top, dated = head(random)
    return top, wide_scheme(random, dated=dated)


def tried(number: int, *, both: bool) -> Report:
    """What becomes of one scheme."""
    report = Report(Counter(schemes=1))
    top, text = written(number)
    source = SourceText("wide.kpi", text)
    file, faults = parse(source)
    model, more = elaborate(replace(file, items=(*_head(top), *file.items)), source)
    codes = {fault_.code for fault_ in (*faults, *more)}
    plan = None
    if model is not None and not codes:
        try:
            plan = compile_model(model)
        except Fault as fault:
            codes = {fault_.code for fault_ in fault.diagnostics}
    if model is None or plan is None or codes:
        report.tally.update(["refused", *(f"refused {code}" for code in codes)])
        return report
    report.tally["accepted"] += 1
    _run(number, Compiled({source.name: source}, model, plan), _tables(number % POOL), report, both=both)
    return report


def _run(number: int, result: Compiled, tables: Tables, report: Report, *, both: bool) -> None:
    plan, given = result.plan, params(read_period("2025Q1", result.plan.period))
    names = (*bindings(result), *(name for names in plan.counted.values() for name in names))
    here = _outcome(reference.run, plan, tables, given, names)
    report.tally["stopped" if here is None else "ran"] += 1
    told: list[str | None] = []
    if number % LAWS == 0:
        report.tally["laws"] += 1
        random = Random(number)  # noqa: S311  # an order of rows to try
        told.append(
            _difference(
                "rows shuffled",
                plan,
                names,
                here,
                _outcome(reference.run, plan, _shuffled(tables, random), given, names),
            )
        )
        told.append(None if here is None else _alone(plan, tables, given, names, here, random))
    if both:
        report.tally["both engines"] += 1
        told.append(_difference("engines", plan, names, here, _outcome(duckdb.run, plan, tables, given, names)))
    report.findings += [Finding(number, "difference", what) for what in told if what is not None]


Running = Callable[[Plan, Tables, Mapping[str, Value], Sequence[str]], Outcome]


def _outcome(
    run: Running, plan: Plan, tables: Tables, given: Mapping[str, Value], names: Sequence[str]
) -> Outcome | None:
    """What a run comes to, None where it is stopped: by a value past its bounds, or an engine that cannot say why."""
    try:
        return run(plan, tables, given, names)
    except RunStopped:
        return None
    except EngineError as error:
        if error.reason is not Reason.ERROR:
            raise
        return None


def _shuffled(tables: Tables, random: Random) -> Tables:
    """The same rows in another order."""
    return {
        name: table.take(random.sample(range(table.num_rows), table.num_rows)) if table.num_rows > 1 else table
        for name, table in tables.items()
    }


def _difference(law: str, plan: Plan, names: Sequence[str], a: Outcome | None, b: Outcome | None) -> str | None:
    """How one outcome differs from another; the figures of a subject that meets a fault are nobody's."""
    if a is None or b is None:
        return None if a is b else f"{law}: one run stopped, {'the first' if a is None else 'the second'}"
    keys = exact(a, plan.key)
    if keys != exact(b, plan.key):
        return f"{law}: {keys} and {exact(b, plan.key)}"
    if a.faults != b.faults:
        return f"{law}: {a.faults} and {b.faults}"
    faulty = {subject for fault in a.faults for subject in fault.subjects}
    for name in names:
        pairs = zip(keys, exact(a, name), exact(b, name), strict=True)
        apart = [(key, each, other) for key, each, other in pairs if each != other and key not in faulty]
        if apart:
            return f"{law}: {name}: {apart}"
    same = law == "rows shuffled" or a.others == b.others
    return None if same else f"{law}: rows of nobody"


def _alone(
    plan: Plan, tables: Tables, given: Mapping[str, Value], names: Sequence[str], here: Outcome, random: Random
) -> str | None:
    """One person's figures, worked out of that person's rows alone."""
    keys = exact(here, plan.key)
    if not keys or len(set(keys)) < len(keys):
        return None
    nth = random.randrange(len(keys))
    values = reference.trace(plan, tables, given, keys[nth]).values
    for name in names:
        if values[name] != exact(here, name)[nth]:
            return f"{keys[nth]} alone: {name}: {values[name]} and {exact(here, name)[nth]}"
    return None


# ---------------------------------------------------------------- a process that can be ended


def _serve(asked: Connection) -> None:
    """Try the schemes that are asked for, until nothing more is."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    gc.set_threshold(100_000)  # schemes are many and small, and leave few circles
    while True:
        number, both = asked.recv()
        try:
            report = tried(number, both=both)
        except Exception:  # noqa: BLE001  # told with the number of its scheme, so that the run goes on
            report = Report(Counter(schemes=1), [Finding(number, "crash", traceback.format_exc())])
        asked.send(report)


class Trier:
    """A process that tries schemes; one that hangs or dies is told, and the next begins anew."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("fork")
        self._start()

    def _start(self) -> None:
        self._asked, theirs = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def tried(self, number: int, *, both: bool) -> Report:
        """What becomes of one scheme, in at most `LONGEST` seconds."""
        kind, what = "hang", f"no answer in {LONGEST} s"
        self._asked.send((number, both))
        if self._asked.poll(LONGEST):
            try:
                report = self._asked.recv()
            except (EOFError, OSError):
                self._process.join(1)
                kind, what = "crash", f"the process ended with {self._process.exitcode}"
            else:
                assert isinstance(report, Report)
                return report
        self.end()
        self._start()
        return Report(Counter(schemes=1), [Finding(number, kind, what)])

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self._asked.close()


# ---------------------------------------------------------------- the command


def main(arguments: Sequence[str]) -> int:
    """Try `COUNT` schemes from `SEED` on, going on where the file `STATE` says that an earlier run ended."""
    count, seed = int(arguments[0]), int(arguments[1])
    state = Path(arguments[2]) if len(arguments) > 2 else None  # count, seed, state
    report = Report()
    if state is not None and state.exists():
        kept = json.loads(state.read_text(encoding="utf-8"))
        report = Report(Counter(kept["tally"]), [Finding(**finding) for finding in kept["findings"]])
    trier = Trier()
    try:
        for number in range(seed + report.tally["schemes"], seed + count):
            result = trier.tried(number, both=count == 1 or number % BOTH == 0)
            report.add(result)
            for finding in result.findings:
                told = f"scheme {finding.number}, {finding.kind}: {finding.what}\n{''.join(written(number))}"
                print(told, flush=True)  # noqa: T201  # what a long run is for
            done = report.tally["schemes"]
            if state is not None and (done % 100 == 0 or done == count or result.findings):
                _keep(state, report)
            if done % 1000 == 0:
                print(f"{done} of {count} schemes", flush=True)  # noqa: T201
    finally:
        trier.end()
    print(report.told())  # noqa: T201
    return 1 if report.findings else 0


def _keep(state: Path, report: Report) -> None:
    kept = {"tally": report.tally, "findings": [asdict(finding) for finding in report.findings]}
    aside = state.with_suffix(".new")
    aside.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    aside.replace(state)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
