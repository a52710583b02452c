"""A scheme of several files: what `use` brings in, from the first text to one list of items."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from kpirules.records import dataclass
from kpirules.source import Diagnostic, Label, Note, SourceText, Span
from kpirules.source.files import SUFFIX, Reader
from kpirules.source.similar import did_you_mean
from kpirules.source.system import reason, undecoded
from kpirules.syntax import ast
from kpirules.syntax.bounds import MOST_ITEMS
from kpirules.syntax.building.builder import too_many
from kpirules.syntax.parse import parse

_ROOTED = r"[/~]|[A-Za-z]:"
_SOME = 10
"""How many files of a folder are named where the one that is asked for is not there."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A scheme read whole.

    `file` has the items of every file, those of a used one where its first `use` stands; language, comments and span
    are those of the first. `texts` are the files by name (see `Reader`), the first of them first. `faults` are in file
    order.
    """

    file: ast.File
    texts: Mapping[str, SourceText]
    faults: tuple[Diagnostic, ...]


def parse_files(source: SourceText, reader: Reader) -> Parsed:
    """The items of a text and of all the files that it uses, and theirs; each file is read once.

    A file that cannot be read leaves `file.partial`, so that what it may have declared raises no second fault.
    """
    gathering = _Gathering(reader)
    first = posixpath.basename(source.name)
    file = gathering.parse(first, source)
    gathering.open(first, None, file)
    gathering.walk()
    if len(gathering.items) > MOST_ITEMS:
        gathering.faults.append(too_many(gathering.items[MOST_ITEMS].span, MOST_ITEMS, "items"))
        del gathering.items[MOST_ITEMS:]
        gathering.partial = True
    broken = frozenset({""} if gathering.partial else ()).union(*(file.broken for file in gathering.files.values()))
    items, fragments = tuple(gathering.items), [item for file in gathering.files.values() for item in file.fragments]
    whole = replace(file, items=items, broken=broken, partial=gathering.partial, fragments=tuple(fragments))
    return Parsed(whole, gathering.texts, tuple(sorted(gathering.faults, key=Diagnostic.order)))


@dataclass(slots=True)
class _Open:
    """A file whose items are being gathered, and the `use` that asked for it."""

    name: str
    use: ast.Use | None
    items: Iterator[ast.Item]


@dataclass(slots=True)
class _Gathering:
    """Walks from file to file, a stack of those that are open; no recursion, however long a chain is."""

    reader: Reader
    items: list[ast.Item] = field(default_factory=list)
    texts: dict[str, SourceText] = field(default_factory=dict)
    files: dict[str, ast.File] = field(default_factory=dict)
    faults: list[Diagnostic] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    partial: bool = False

    def parse(self, name: str, source: SourceText) -> ast.File:
        file, faults = parse(source)
        self.texts[name] = source
        self.files[name] = file
        self.partial |= file.partial
        self.faults += faults
        return file

    def open(self, name: str, use: ast.Use | None, file: ast.File) -> None:
        self.stack.append(_Open(name, use, iter(file.items)))

    def walk(self) -> None:
        while self.stack:
            here = self.stack[-1]
            item = next(here.items, None)
            if item is None:
                self.stack.pop()
            elif isinstance(item, ast.Use):
                self._use(here, item)
            elif isinstance(item, ast.Scheme) and here.use is not None:
                label = Label(here.use.span, "used")
                self.fault("KPI235", item.name.span, {"name": item.name.text}, label, note=Note("move"))
            else:
                self.items.append(item)

    def _use(self, here: _Open, use: ast.Use) -> None:
        written = use.path.value
        wrong = _misshapen(written)
        if wrong is not None:
            self.partial = True
            self.fault("KPI231", use.path.span, {"path": written}, note=wrong)
            return
        name = self.reader.one_name(posixpath.join(posixpath.dirname(here.name), written))
        ring = [file.name for file in self.stack]
        if name in ring:
            self._circle(ring.index(name), use)
        elif name not in self.texts and (source := self._read(name, use)) is not None:
            self.open(name, use, self.parse(name, source))

    def _circle(self, index: int, last: ast.Use) -> None:
        ring = self.stack[index:]
        uses = [*(file.use for file in ring[1:] if file.use is not None), last]
        names = [_shown(self._first, file.name) for file in ring]
        labels = [
            Label(use.span, "uses", {"reader": reader, "read": read})
            for use, reader, read in zip(uses, names, [*names[1:], names[0]], strict=True)
        ]
        args = {"circle": " → ".join([*names, names[0]])}
        self.faults.append(Diagnostic("KPI234", last.path.span, args, tuple(labels), (Note("apart"),)))

    def _read(self, name: str, use: ast.Use) -> SourceText | None:
        """The text of a file; None where it cannot be read, which is told."""
        shown, span = _shown(self._first, name), use.path.span
        try:
            return SourceText(shown, self.reader.read(name).decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            self.fault("KPI233", span, {"path": shown, **undecoded(error)}, note=Note("save"))
        except (FileNotFoundError, NotADirectoryError):
            self.fault("KPI230", span, {"path": shown}, note=self._near(name))
        except OSError as error:
            self.fault("KPI232", span, {"path": shown, "reason": reason(error)}, note=Note("readable"))
        self.partial = True
        return None

    def _near(self, name: str) -> Note:
        """What the folder has instead, written as it would be from the file that asks."""
        here = posixpath.dirname(self.stack[-1].name)
        others = [
            posixpath.relpath(beside, here or ".")
            for beside in self.reader.beside(posixpath.dirname(name))
            if beside not in {open_.name for open_ in self.stack}
        ]
        some = Note("some", {"some": others[:_SOME]}) if others else Note("none")
        (close,) = did_you_mean(posixpath.relpath(name, here or "."), others, some)
        return close

    @property
    def _first(self) -> SourceText:
        return next(iter(self.texts.values()))

    def fault(self, code: str, span: Span, args: Mapping[str, object], *labels: Label, note: Note) -> None:
        self.faults.append(Diagnostic(code, span, args, labels, (note,)))


def _misshapen(path: str) -> Note | None:
    """Why a text cannot be the path of a used file, as a help that says what to write; None where it can.

    INVARIANT: what is read is a file of rules, named from the file that names it, so a scheme means the same wherever
    its folder is moved to.
    """
    if "\\" in path:
        return Note("slash", {"write": re.sub(r"[\\/]+", "/", path)})
    if re.match(_ROOTED, path):
        return Note("relative")
    if not path.endswith(SUFFIX) or posixpath.basename(path) == SUFFIX or not path.isprintable():
        return Note("suffix", {"write": posixpath.splitext(path)[0] + SUFFIX} if path else {"write": f"grades{SUFFIX}"})
    return None


def _shown(first: SourceText, name: str) -> str:
    """A file's name as messages have it: from where the first file's is."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(first.name), name))
