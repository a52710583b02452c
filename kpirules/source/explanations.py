"""What a code means, with an example that earns it and one mended: what `kpirules rule` shows.

Each code is explained in `rules/<language>/<room>.toml`, the room in which its message stands:

    [KPI201]
    why    = "every name is declared somewhere in the scheme"    # one sentence: why it is a fault at all
    bad    = "define bonus = salry * 10%"                        # only the lines that matter
    mended = "define bonus = salary * 10%"

`rules/<language>/frame.toml` has the files of a small project. An example stands in place of one of them, `scheme.kpi`
unless `file` names another; `beside` puts others in place of theirs. In rule files it does so by item: an item of the
frame stays where the example has none of the same name, unless the example stands `alone`. An example of `file = "$"`
is the commands that are given in the project's folder. `run` says that a check of the rules does not see the fault, but
a run does. A code without an example is told of by its `why` alone: what it is about cannot be shown in a file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kpirules.records import dataclass
from kpirules.source.catalogue import LANGUAGES

FOLDER = Path(__file__).with_name("rules")
SCHEME = "scheme.kpi"
COMMANDS = "$"
_FRAME = "frame.toml"

_ITEM = re.compile(r"^(?=[^\s#])", re.MULTILINE)
_ONLY_ONE = frozenset({"scheme", "方案", "subject", "考核对象", "grade", "等级"})


@dataclass(frozen=True, slots=True)
class Example:
    """What a person might write, and the project in which it stands."""

    file: str
    text: str
    beside: Mapping[str, str]
    run: bool
    alone: bool
    lang: str

    def files(self) -> dict[str, str]:
        """Every file of the project, by name; a name that ends in `/` is a folder's."""
        frame = _frame(self.lang)
        texts = {**frame, **self.beside}
        if self.file != COMMANDS:
            texts[self.file] = self.text
        if not self.alone and texts[SCHEME] is not frame[SCHEME]:
            texts[SCHEME] = _joined(texts[SCHEME], frame[SCHEME])
        return texts


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a code is a fault, and where it can be shown, an example of it and the same mended."""

    why: str
    bad: Example | None
    mended: Example | None


def explanation(code: str, lang: str) -> Explanation:
    """The explanation of a code in a language (`en`, `zh`).

    Raises:
        KeyError: there is none for the code, or there is no such language.
    """
    entry = _entries(lang)[code]
    return Explanation(entry["why"], _example(entry, "bad", lang), _example(entry, "mended", lang))


def _example(entry: Mapping[str, Any], which: str, lang: str) -> Example | None:
    if which not in entry:
        return None
    rest = entry.get("file", SCHEME), entry[which], entry.get("beside", {})
    return Example(*rest, run=entry.get("run", False), alone=entry.get("alone", False), lang=lang)


@cache
def _entries(lang: str) -> dict[str, dict[str, Any]]:
    if lang not in LANGUAGES:
        raise KeyError(lang)
    rooms = sorted((FOLDER / lang).glob("*.toml"))
    return {code: entry for room in rooms if room.name != _FRAME for code, entry in _read(room).items()}


@cache
def _frame(lang: str) -> dict[str, str]:
    return _read(FOLDER / lang / _FRAME)


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _joined(own: str, frame: str) -> str:
    """A rule file's items, then those of the frame that it does not have."""
    items = [*_items(own)]
    names = {name for name, _ in items}
    items += ((name, item) for name, item in _items(frame) if name not in names)
    return "\n\n".join(item for _, item in items) + "\n"


def _items(text: str) -> Iterator[tuple[str, str]]:
    """The items of a rule file, each with the words that name it."""
    for item in _ITEM.split(text):
        if words := item.split():
            yield words[0] if words[0] in _ONLY_ONE else " ".join(words[:2]), item.strip("\n")
