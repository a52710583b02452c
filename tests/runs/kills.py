"""Commands killed at random moments: a run folder is there whole or not at all, and what was there before is untouched.

`python -m tests.runs.kills COUNT SEED` ends COUNT commands with SIGKILL, at moments spread over the whole life of each,
and prints what they left; `.ci/long` runs it. The program is imported once, and each command is a process forked from
it. After each kill the same command is run again, to its end.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.runs import project

FAULTY = project.TABLES["orders.csv"].replace("100.50", "a lot") + "6,S9,2025-01-02,5.00\n"
LIST = "kpirules-faults.csv"
RUN = ("run", "--period", "2025Q1")
OVER = 1.15
"""How much longer than a whole command the latest kill waits: some are to come after its end."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A command, how often the same has been run before it, whether its data has faults, and its exit code."""

    args: tuple[str, ...]
    code: int = 0
    before: int = 0
    faulty: bool = False
    old_list: bool = False


KINDS: Mapping[str, Kind] = {
    "check": Kind(("check", "shop.kpi")),
    "run": Kind(RUN),
    "run beside older": Kind(RUN, before=2),
    "run with csv": Kind((*RUN, "--csv")),
    "run to a folder": Kind((*RUN, "--out", "kept/here")),
    "run in quarantine": Kind((*RUN, "--quarantine"), faulty=True, before=1),
    "list of faults": Kind(RUN, code=2, faulty=True),
    "list over an older": Kind(RUN, code=2, faulty=True, old_list=True),
}


@dataclass(slots=True)
class Tally:
    """What was killed, what it left, and what should not be."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def told(self) -> str:
        """The counts, one a line."""
        rows = [*sorted(self.counts.items()), ("wrong", len(self.wrong))]
        return "\n".join(f"{name:28} {count:8}" for name, count in rows)


# ---------------------------------------------------------------- processes


def forked(work: Callable[[], int]) -> int:
    """A process of its own that does some work and ends with the code that it gives; its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        code = work()
    finally:
        os._exit(code)


def _command(folder: Path, args: Sequence[str]) -> Callable[[], int]:
    """The command line, in a folder, its output kept beside it."""

    def work() -> int:
        from kpirules.cli.main import cli  # imported by `prepared`

        os.chdir(folder)
        out = os.open(f"{folder}.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        try:
            cli(list(args), prog_name="kpirules")
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
        return 0

    return work


def ended(pid: int) -> int:
    """Wait for a process; its exit code, minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def prepared() -> None:
    """Import what commands use, without starting any thread of it."""
    import duckdb  # noqa: F401
    import pandas  # noqa: F401, ICN001
    import sqlglot  # noqa: F401

    import kpirules.cli.main
    import kpirules.runs.verify  # noqa: F401


# ---------------------------------------------------------------- one kill


@dataclass(slots=True)
class Place:
    """A project in which one kind of command is killed again and again, with what it was like before."""

    folder: Path
    kind: Kind
    length: float = 0.0
    whole_list: bytes = b""
    known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        project.write(self.folder)
        if self.kind.before:
            for _ in range(self.kind.before):
                self._expect(RUN, 0)
        if self.kind.faulty:
            (self.folder / "orders.csv").write_text(FAULTY, encoding="utf-8")
        if self.kind.code == 2:  # bad input
            self._expect(self.kind.args, 2)
            self.whole_list = (self.folder / LIST).read_bytes()
            (self.folder / LIST).unlink()
        if self.kind.old_list:
            head = self.whole_list.splitlines(keepends=True)[0]
            (self.folder / LIST).write_bytes(head)
        self.known = digests(self.folder)
        lengths = []
        for _ in range(3):
            began = time.monotonic()
            self._expect(self.kind.args, self.kind.code)
            lengths.append(time.monotonic() - began)
            self.restore()
        self.length = max(lengths)

    def _expect(self, args: Sequence[str], code: int) -> None:
        found = ended(forked(_command(self.folder, args)))
        assert found == code, (args, found, Path(f"{self.folder}.out").read_text(encoding="utf-8"))

    def restore(self) -> None:
        """Take away what commands have made, and put an older list back."""
        for name in digests(self.folder).keys() - self.known.keys():
            (self.folder / name).unlink(missing_ok=True)
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        if self.kind.old_list:
            (self.folder / LIST).write_bytes(self.whole_list.splitlines(keepends=True)[0])

    def killed(self, wait: float) -> tuple[bool, list[str]]:
        """Whether the command was killed before its end, and what is wrong with what it left."""
        pid = forked(_command(self.folder, self.kind.args))
        time.sleep(wait)
        os.kill(pid, signal.SIGKILL)
        code = ended(pid)
        if code not in (-signal.SIGKILL, self.kind.code):
            return False, [f"ended with {code}"]
        wrong = [*self._wrong(littered=True)]
        again = ended(forked(_command(self.folder, self.kind.args)))
        if self.kind.args[-2] == "--out" and again == 2 and (self.folder / self.kind.args[-1]).exists():
            again = 0  # the folder was there already
            wrong += [] if code != -signal.SIGKILL or self._runs() else ["refused"]
        if again != self.kind.code:
            wrong.append(f"run again, it ended with {again}")
        wrong += self._wrong(littered=False)
        return code == -signal.SIGKILL, wrong

    def left(self) -> str:
        """What stands there of a killed command, in a word."""
        names = digests(self.folder).keys() - self.known.keys()
        if any(".partial/" in name for name in names):
            return "left a part aside"
        return "left all" if names or self._list() != self.known.get(LIST) else "left nothing"

    def _list(self) -> str | None:
        return digests(self.folder).get(LIST)

    def _runs(self) -> list[Path]:
        """The run folders that were not there before."""
        found = digests(self.folder)
        roots = {Path(name).parent for name in found if Path(name).parent.parent.name in ("runs", "kept")}
        roots = {root for root in roots if not root.name.startswith(".")}
        return sorted(self.folder / root for root in roots if f"{root}/manifest.json" not in self.known)

    def _wrong(self, *, littered: bool) -> Iterator[str]:
        """What should not be; `littered` right after a kill, when what was written aside may still be there."""
        found = digests(self.folder)
        for name, digest in self.known.items():
            if name != LIST and found.get(name) != digest:
                yield f"{name} is changed"
        for folder in self._runs():
            if ended(forked(_verified(folder))):
                yield f"{folder.name} is not whole"
        fault_list = self.folder / LIST
        if self.kind.code == 2 and fault_list.exists():
            old = self.whole_list.splitlines(keepends=True)[0] if self.kind.old_list and littered else None
            if fault_list.read_bytes() not in (self.whole_list, old):
                yield "the list of faults is torn"
        litter = [name for name in found if ".partial" in name or f".{LIST}" in name]
        if litter and not littered:
            yield f"litter: {litter}"


def _verified(folder: Path) -> Callable[[], int]:
    def work() -> int:
        from kpirules.runs.verify import verify  # imported by `prepared`
        from kpirules.source import Fault

        try:
            return 0 if verify(folder).equal else 1
        except Fault:
            return 1

    return work


def digests(folder: Path) -> dict[str, str]:
    """The digest of each file below a folder, by its path there."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def kills(count: int, seed: int, folder: Path, kinds: Mapping[str, Kind] = KINDS) -> Tally:
    """Kill so many commands, of each kind as many; those that had ended before are counted apart."""
    random, tally = Random(seed), Tally()  # noqa: S311  # moments, not secrets
    places = {name: Place(folder / name.replace(" ", "-"), kind) for name, kind in kinds.items()}
    names = list(places)
    while tally.counts["killed"] < count:
        name = names[tally.counts["killed"] % len(names)]
        place = places[name]
        wait = random.uniform(0, place.length * OVER)
        alive, wrong = place.killed(wait)
        tally.counts[f"killed: {name}" if alive else "ended before"] += 1
        tally.counts["killed"] += alive
        tally.wrong += [f"{name}, after {wait * 1000:.1f} ms: {one}" for one in wrong]
        for one in wrong:
            print(f"{name}, after {wait * 1000:.1f} ms: {one}", flush=True)  # noqa: T201  # what a long run is for
        place.restore()
        if alive and tally.counts["killed"] % 100 == 0:
            print(f"{tally.counts['killed']} of {count} killed", flush=True)  # noqa: T201
    return tally


def main(arguments: Sequence[str]) -> int:
    """Kill `COUNT` commands, at moments drawn from `SEED`."""
    count, seed = int(arguments[0]), int(arguments[1])
    prepared()
    with TemporaryDirectory() as folder:
        tally = kills(count, seed, Path(folder))
        shutil.rmtree(folder, ignore_errors=True)
    print(tally.told())  # noqa: T201
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
