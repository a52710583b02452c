"""Naming changes nothing: a scheme rewritten with and without names has the same verdict and the same figures.

`python -m tests.plan.naming COUNT SEED` tries schemes one by one and prints what it tried; `.ci/long` runs it for hours.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from kpirules.compiling import Compiled
from kpirules.engines import reference
from kpirules.engines.outcome import RunStopped
from kpirules.model.from_syntax import elaborate
from kpirules.plan.from_model import compile_model
from kpirules.plan.ir import Value
from kpirules.runs.run import params, read_period
from kpirules.source import Diagnostic, SourceText
from kpirules.syntax import ast
from kpirules.syntax.parse import parse
from tests.helpers.outcomes import exact
from tests.helpers.rewriting import Rewrite, rewrites, rewritten
from tests.helpers.schemes import Data, bindings, tables_of
from tests.plan.small import HEAD, small_data, small_scheme

if TYPE_CHECKING:
    import pyarrow as pa

VARIANTS = 2
"""How many times each scheme is rewritten, each time in up to `ROUNDS` rounds of up to `AT_ONCE` rewrites."""
ROUNDS = 2
AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a scheme: the codes of its faults, or each value of every person, or why the run stopped."""

    codes: frozenset[str] = frozenset()
    figures: dict[str, list[Value]] = field(default_factory=dict)
    stopped: bool = False
    faults: frozenset[tuple[str, tuple[object, ...]]] = frozenset()

    def difference(self, other: Verdict) -> str | None:
        """How another verdict differs, None where it is the same; values that only one of the two has are not held."""
        if self.codes != other.codes:
            return f"{sorted(self.codes)} and {sorted(other.codes)}"
        if self.stopped != other.stopped:
            return "one run stopped"
        for name in self.figures.keys() & other.figures.keys():
            if self.figures[name] != other.figures[name]:
                return f"{name}: {self.figures[name]} and {other.figures[name]}"
        if self.faults != other.faults:
            return f"{sorted(map(str, self.faults))} and {sorted(map(str, other.faults))}"
        return None


@dataclass(slots=True)
class Trial:
    """Data, on which texts of one scheme are worked out; it is read into typed tables once.

    `head` has the items that stand before every text.
    """

    rows: Data
    head: tuple[ast.Item, ...] = ()
    _tables: Mapping[str, pa.Table] | None = None

    def parsed(self, text: str) -> tuple[ast.File, tuple[Diagnostic, ...]]:
        """The tree of a text, below the head."""
        file, faults = parse(SourceText("small.kpi", text))
        return replace(file, items=(*self.head, *file.items)), faults

    def verdict(self, text: str, file: ast.File | None = None) -> Verdict:
        """Check a scheme, and work it out on the reference engine where it is accepted."""
        source = SourceText("small.kpi", text)
        read, faults = (file, ()) if file is not None else self.parsed(text)
        model, more = elaborate(read, source)
        if model is None or faults:
            return Verdict(frozenset(fault.code for fault in (*faults, *more)))
        checked = Compiled({source.name: source}, model, compile_model(model))
        if self._tables is None:
            self._tables = tables_of(checked, self.rows)
        names = [item if part == "value" else f"{item}.{part}" for item, part in model.order if part != "column"]
        there = frozenset(bindings(checked))
        names = [name for name in names if name in there]
        given = params(read_period("2025Q1", checked.plan.period))
        try:
            outcome = reference.run(checked.plan, self._tables, given, (checked.plan.key, *names))
        except RunStopped:
            return Verdict(stopped=True)
        stops = frozenset((fault.code, tuple(fault.subjects)) for fault in outcome.faults)
        return Verdict(figures={name: exact(outcome, name) for name in names}, faults=stops)


def verdict(text: str, rows: Data) -> Verdict:
    """What becomes of a scheme with some data."""
    return Trial(rows).verdict(text)


@dataclass(frozen=True, slots=True)
class Difference:
    """A rewrite that changed a verdict: the scheme before and after it."""

    number: int
    kinds: tuple[str, ...]
    what: str
    before: str
    after: str


@cache
def _head() -> tuple[ast.Item, ...]:
    """The items of `HEAD`."""
    return parse(SourceText("head.kpi", HEAD))[0].items


def differences(number: int, tally: Counter[str] | None = None) -> Iterator[Difference]:
    """The rewrites of scheme `number` that change its verdict, each as few rewrites as show it."""
    random = Random(number)  # noqa: S311  # schemes to try, not secrets
    counted = tally if tally is not None else Counter()
    text, trial = small_scheme(random), Trial(small_data(random), _head())
    file, _ = trial.parsed(text)
    first = trial.verdict(text, file)
    counted["schemes"] += 1
    counted["refused" if first.codes else "stopped" if first.stopped else "accepted"] += 1
    for code in first.codes:
        counted[f"refused {code}"] += 1
    for _ in range(VARIANTS):
        steps: list[tuple[str, list[Rewrite]]] = []
        changed = text
        for nth in range(random.randint(1, ROUNDS)):
            chosen = _chosen(random, rewrites(changed, trial.parsed(changed)[0] if nth else file))
            after, done = rewritten(changed, chosen)
            steps.append((changed, done))
            changed = after
        counted.update(rewrite.kind for _, done in steps for rewrite in done)
        if first.difference(trial.verdict(changed)) is not None:
            yield _smallest(number, steps, trial, first)


def _chosen(random: Random, result: Sequence[Rewrite]) -> list[Rewrite]:
    """Some rewrites of a text: a kind is drawn first, so that the rarer ones are tried as often."""
    by_kind: dict[str, list[Rewrite]] = {}
    for each in result:
        by_kind.setdefault(each.kind, []).append(each)
    kinds = sorted(by_kind)
    return [random.choice(by_kind[random.choice(kinds)]) for _ in range(random.randint(1, AT_ONCE))] if kinds else []


def _smallest(number: int, steps: Sequence[tuple[str, list[Rewrite]]], trial: Trial, first: Verdict) -> Difference:
    """The first round after which there is a difference, with rewrites left out for as long as it is there."""

    def changes(before: str, done: Sequence[Rewrite]) -> bool:
        return first.difference(trial.verdict(rewritten(before, done)[0])) is not None

    before, done = next((rewrite for rewrite in steps if changes(*rewrite)), steps[-1])
    kept = list(done)
    for rewrite in done:
        rest = [other for other in kept if other is not rewrite]
        if rest and changes(before, rest):
            kept = rest
    after, _ = rewritten(before, kept)
    what = first.difference(trial.verdict(after))
    return Difference(number, tuple(rewrite.kind for rewrite in kept), what or "", before, after)


def shown(each: Difference) -> str:
    """A difference for a person to read: the lines that differ, and the whole scheme after it."""
    old, new = each.before.splitlines(), each.after.splitlines()
    removed = [f"  - {line}" for line in old if line not in new]
    added = [f"  + {line}" for line in new if line not in old]
    return "\n".join([f"scheme {each.number}, {', '.join(each.kinds)}: {each.what}", *removed, *added])


def main(arguments: Sequence[str]) -> int:
    """Try `COUNT` schemes from `SEED` on, going on where the file `STATE` says that an earlier run ended."""
    count, seed = int(arguments[0]), int(arguments[1])
    state = Path(arguments[2]) if len(arguments) > 2 else None  # count, seed, state
    tally: Counter[str] = Counter()
    result: list[dict[str, object]] = []
    if state is not None and state.exists():
        kept = json.loads(state.read_text(encoding="utf-8"))
        tally.update(kept["tally"])
        result = kept["differences"]
    for number in range(seed + tally["schemes"], seed + count):
        try:
            told = [*differences(number, tally)]
        except Exception:  # noqa: BLE001  # told with the number of its scheme, so that the run goes on
            told = [Difference(number, ("crash",), traceback.format_exc(), "", "")]
        for each in told:
            print(shown(each), flush=True)  # noqa: T201  # what a long run is for
            result.append(asdict(each))
        if state is not None and (tally["schemes"] % 100 == 0 or tally["schemes"] == count):
            state.write_text(json.dumps({"tally": tally, "differences": result}, ensure_ascii=False), encoding="utf-8")
            print(f"{tally['schemes']} of {count} schemes", flush=True)  # noqa: T201
    for name in sorted(tally):
        print(f"{name:20} {tally[name]:8}")  # noqa: T201
    print(f"{'differences':20} {len(result):8}")  # noqa: T201
    return 1 if result else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
