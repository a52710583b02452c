"""Commands killed at random moments: a run folder is there whole or not at all, and what was there before is untouched.

`python -m tests.runs.kills COUNT SEED` ends COUNT commands with SIGKILL, one half at moments spread over the whole life
of each, the other while it writes, and prints what they left; `.ci/long` runs it. The program is imported once, and each
command is a process forked from it. Where something written aside is left, the same command is run again, to its end.
"""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from kpirules.compiling import compile_file
from tests.runs import project

FAULTY = project.TABLES["orders.csv"].replace("100.50", "a lot") + "6,S9,2025-01-02,5.00\n"
LIST = "kpirules-faults.csv"
RUN = ("run", "--period", "2025Q1")
OVER = 1.15
"""How much longer than a whole command the latest kill waits: some are to come after its end."""
_GLANCE = 0.001
"""Seconds between two looks at whether a command has begun to write."""


AGAIN = 0.2
"""How often a command is run again though it left nothing aside."""
_ASIDE = re.compile(r"(^|/)\.[^/]*(\.partial|kpirules-faults)")


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


def _ends(pid: int, wait: float) -> bool:
    """Whether a process ends within so many seconds."""
    handle = os.pidfd_open(pid)
    try:
        return bool(select.select([handle], [], [], wait)[0])
    finally:
        os.close(handle)


def prepared(folder: Path) -> None:
    """Import what commands and the look at what they leave use: whatever a process that does both has imported.

    INVARIANT: no thread is started here, so that what is forked from this process has all of its threads.
    """
    project.write(folder)

    def work() -> int:
        _command(folder, RUN)()
        _verified(folder / "runs" / "2025Q1")()
        Path(f"{folder}.modules").write_text("\n".join(sys.modules), encoding="utf-8")
        return 0

    assert ended(forked(work)) == 0
    for name in Path(f"{folder}.modules").read_text(encoding="utf-8").split():
        with suppress(ImportError):
            import_module(name)
    compile_file(folder / "shop.kpi", "shop.kpi")


# ---------------------------------------------------------------- one kill


@dataclass(slots=True)
class Place:
    """A project in which one kind of command is killed again and again, with what it was like before.

    `length` is how many seconds the command lately took, `writing` how many its writing did at first.
    """

    folder: Path
    kind: Kind
    length: float = 0.0
    writing: float = 0.0
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
        self.known = digests(self.folder, folders=True)
        for _ in range(2):
            began, pid = time.monotonic(), forked(_command(self.folder, self.kind.args))
            while not self._writes() and not _ends(pid, _GLANCE):
                pass
            begun = time.monotonic()
            assert ended(pid) == self.kind.code
            self.length, self.writing = time.monotonic() - began, time.monotonic() - begun
            self.restore()

    def _expect(self, args: Sequence[str], code: int) -> None:
        expected = ended(forked(_command(self.folder, args)))
        assert expected == code, (args, expected, Path(f"{self.folder}.out").read_text(encoding="utf-8"))

    def restore(self) -> None:
        """Take away what commands have made, and put an older list back."""
        for name in sorted(digests(self.folder, folders=True).keys() - self.known.keys(), reverse=True):
            path = self.folder / name
            path.rmdir() if path.is_dir() else path.unlink()
        if self.kind.old_list:
            (self.folder / LIST).write_bytes(self.whole_list.splitlines(keepends=True)[0])

    def killed(self, wait: float, *, writing: bool, again: bool) -> tuple[str | None, list[str]]:
        """What the command left, None where it had ended before the kill; and what is wrong with that.

        It is killed so many seconds after its start, or, with `writing`, after it has begun to write something. With `again` it is run again in any case, else where it left something aside.
        """
        pid = forked(_command(self.folder, self.kind.args))
        while writing and not self._writes() and not _ends(pid, _GLANCE):
            pass
        if not _ends(pid, wait):
            os.kill(pid, signal.SIGKILL)
        code = ended(pid)
        if code not in (-signal.SIGKILL, self.kind.code):
            return None, [f"ended with {code}"]
        wrong, left = [*self._wrong(littered=True)], self.left()
        tried = code == -signal.SIGKILL
        if left == "a part aside" or again:
            wrong += self._again()
        return (left if tried else None), wrong

    def _writes(self) -> bool:
        """Whether there is something written aside."""
        parents = (self.folder, self.folder / "runs", self.folder / "kept")
        return any(_ASIDE.search(path.name) for parent in parents if parent.exists() for path in parent.iterdir())

    def _again(self) -> Iterator[str]:
        """What is wrong after the next run, which clears away what the killed one wrote aside."""
        taken = "--out" in self.kind.args and (self.folder / self.kind.args[-1]).exists()
        began = time.monotonic()
        code = ended(forked(_command(self.folder, self.kind.args)))
        self.length = (self.length + time.monotonic() - began) / 2
        if code != (2 if taken else self.kind.code):
            yield f"run again, it ended with {code}"
        if not taken:
            yield from self._wrong(littered=False)

    def left(self) -> str:
        """What stands there of a killed command, in a word."""
        digests_ = digests(self.folder, folders=True)
        if any(_ASIDE.search(name) for name in digests_):
            return "a part aside"
        return "nothing" if digests_ == self.known else "all"

    def _runs(self) -> list[Path]:
        """The run folders that were not there before."""
        digests_ = digests(self.folder)
        roots = {Path(name).parent for name in digests_ if Path(name).parent.parent.name in ("runs", "kept")}
        roots = {root for root in roots if not root.name.startswith(".")}
        return sorted(self.folder / root for root in roots if f"{root}/manifest.json" not in self.known)

    def _wrong(self, *, littered: bool) -> Iterator[str]:
        """What should not be; `littered` right after a kill, when what was written aside may still be there."""
        digests_ = digests(self.folder, folders=True)
        for name, digest in self.known.items():
            if name != LIST and digests_.get(name) != digest:
                yield f"{name} is changed"
        for folder in self._runs():
            if ended(forked(_verified(folder))):
                yield f"{folder.name} is not whole"
        fault_list = self.folder / LIST
        if self.kind.code == 2 and fault_list.exists():
            old = self.whole_list.splitlines(keepends=True)[0] if self.kind.old_list and littered else None
            if fault_list.read_bytes() not in (self.whole_list, old):
                yield "the list of faults is torn"
        litter = [name for name in digests_ if _ASIDE.search(name)]
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


def digests(folder: Path, *, folders: bool = False) -> dict[str, str]:
    """The digest of each file below a folder, by its path there; with `folders` these too, without one."""
    made = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    files = {name: sha256(path.read_bytes()).hexdigest() for name, path in made.items() if path.is_file()}
    return files | {name: "" for name in made if folders and name not in files}


def kills(count: int, seed: int, folder: Path, kinds: Mapping[str, Kind]) -> Tally:
    """Kill so many commands, of each kind as many; those that had ended before are counted apart."""
    random, tally = Random(seed), Tally()  # noqa: S311  # moments, not secrets
    places = {name: Place(folder / name.replace(" ", "-"), kind) for name, kind in kinds.items()}
    names = list(places)
    while tally.counts["killed"] < count:
        name = names[tally.counts["killed"] % len(names)]
        place = places[name]
        writing = name != "check" and random.random() < 1 / 2
        wait = random.uniform(0, place.writing if writing else place.length * OVER)
        left, wrong = place.killed(wait, writing=writing, again=random.random() < AGAIN)
        if left is None:
            tally.counts["ended before"] += 1
        else:
            tally.counts.update(["killed", f"killed: {name}", f"left {left}"])
        tally.wrong += [f"{name}, after {wait * 1000:.1f} ms: {fault}" for fault in wrong]
        for fault in wrong:
            print(f"{name}, after {wait * 1000:.1f} ms: {fault}", flush=True)  # noqa: T201  # what a long run is for
        place.restore()
        if left is not None and tally.counts["killed"] % 100 == 0:
            print(f"{tally.counts['killed']} of {count} killed", flush=True)  # noqa: T201
    return tally


def main(arguments: Sequence[str]) -> int:
    """Kill `COUNT` commands, at moments drawn from `SEED`; of the kinds that are named, or of all."""
    count, seed = int(arguments[0]), int(arguments[1])
    kinds = {name: KINDS[name] for name in arguments[2:]} or KINDS
    with TemporaryDirectory() as folder:
        prepared(Path(folder) / "prepared")
        tally = kills(count, seed, Path(folder), kinds)
    print(tally.told())  # noqa: T201
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
