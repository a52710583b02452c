"""The words of the language, in both its spellings, served from `grammar/words.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import Any

from kpirules.records import dataclass
from kpirules.syntax import grammar

_PLAIN = frozenset({"是", "否", "人", "作", "取"})
"""Keywords of one character that ordinary names are full of, so they are not looked for inside names."""

FORMS = ("BY", "CHOOSE", "CURVE", "TIERS")
"""The terminals of the keywords that rows stand under."""

_LETTERS = re.compile(r"[^\W0-9_]+")
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Word:
    """One meaning: the section it stands in, its key there, its English spelling and its Chinese ones."""

    section: str
    key: str
    english: str
    chinese: tuple[str, ...]

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every spelling, English first."""
        return self.english, *self.chinese

    def spelling(self, language: str) -> str:
        """The first spelling of a language, `en` or `zh`."""
        return self.chinese[0] if language == "zh" and self.chinese else self.english


@dataclass(frozen=True, slots=True)
class Later:
    """A word of the language that this version does not have; `pattern` finds it in prepared text."""

    word: Word
    pattern: re.Pattern[str]


@cache
def table() -> dict[str, Any]:
    """`words.toml` as it stands."""
    return tomllib.loads(grammar.read(grammar.WORDS))


@cache
def keywords() -> dict[str, Word]:
    """The keywords, by the terminal each is in the grammar."""
    return {
        key: Word(section, key, *_parted(row))
        for section, rows in table()["keyword"].items()
        for key, row in rows.items()
    }


def builtin(name: str) -> str | None:
    """The English word of a built-in name, whatever its spelling; None where it is none.

    Names of the whole language count, also those that this version cannot work out yet.
    """
    return _named()["name"].get(name)


def function(name: str) -> str | None:
    """The English word of a function, whatever its spelling; None where it is none (see `builtin`)."""
    return _named()["function"].get(name)


def functions() -> tuple[str, ...]:
    """Every spelling of every function."""
    return tuple(_named()["function"])


def listed(language: str) -> str:
    """The functions, as a language spells them."""
    return ", ".join(_spelled()[f"{word} (function)"].spelling(language) for word in table()["function"])


def spelling(word: str, language: str) -> str:
    """How a language, `en` or `zh`, spells an English word of the table.

    Where one English word has several meanings, its section tells them apart: `period (column)`.

    Raises:
        KeyError: the table has no such word.
    """
    return _spelled()[word].spelling(language)


def spellings(word: str) -> tuple[str, ...]:
    """Every spelling of an English word of the table, itself first; as `spelling`."""
    return _spelled()[word].spellings


@cache
def laters(*sections: str) -> tuple[Later, ...]:
    """The words of some sections that this version does not have, longest first."""
    words = [
        Word(section, key, key, _chinese(row))
        for section in sections
        for key, row in table()["later"].get(section, {}).items()
    ]
    later_words = [
        Later(word, re.compile(rf"(?<!\w){_whole(spelling)}")) for word in words for spelling in word.spellings
    ]
    return tuple(sorted(later_words, key=lambda later: -len(later.pattern.pattern)))


def touching_digits(name: str) -> tuple[str, str] | None:
    """The parts of a name that is a keyword and the digits it touches (`近2`): no name may look so. Else None."""
    if name[-1] not in _DIGITS:
        return None
    match = re.fullmatch(f"({'|'.join(_touching())})([0-9]+)", name)
    return (match[1], match[2]) if match else None


def glued(name: str) -> str | None:
    """A name that begins with, contains or ends in a Chinese keyword, with spaces round it: `a且b` gives `a 且 b`.

    None where the name holds no keyword, or is one. English keywords are whole words and stick to nothing.
    """
    return _spaced(name, _inner())


def glued_head(name: str) -> str | None:
    """As `glued`, for the first word of a line: `指标达成` gives `指标 达成`."""
    return _spaced(name, _heads())


def pattern(terminal: str) -> str:
    """The regular expression of a keyword's terminal: each spelling a whole word, any run of spaces inside it."""
    return f"(?:{'|'.join(_whole(spelling) for spelling in keywords()[terminal].spellings)})"


def ends(terminal: str) -> Callable[[str, int, int], int | None]:
    """What finds where a keyword ends that stands at the first offset of a text and before the second: as `pattern`."""
    spellings = [(spelling.split(), spelling.split()[-1] in _touching()) for spelling in keywords()[terminal].spellings]

    def found(text: str, at: int, stop: int) -> int | None:
        ended = (_end(parts, text, at, stop, touches=touches) for parts, touches in spellings)
        return next((end for end in ended if end is not None), None)

    return found


def stop() -> str:
    """The regular expression of what may follow a number: no letter, but 元 or a keyword that may touch digits."""
    return rf"(?:(?!\w)|(?=元(?!\w))|(?={'|'.join(_touching())}))"


def item_at(lexed: str, offset: int) -> str | None:
    """The terminal of the item keyword that stands at an offset of prepared text."""
    keyword = _items().match(lexed, offset)
    return keyword.lastgroup if keyword else None


def has(lexed: str, terminal: str) -> bool:
    """Whether a keyword stands in a piece of prepared text."""
    return re.search(rf"(?<!\w){pattern(terminal)}", lexed) is not None


def keyword_end(lexed: str, offset: int) -> int:
    """Where the longest keyword that stands at an offset of prepared text ends; the offset where there is none."""
    keyword = _longest_first().match(lexed, offset)
    return keyword.end() if keyword else offset


def limits(lexed: str, offset: int) -> bool:
    """Whether `at most` or `at least` stands at an offset of prepared text."""
    return bool(_limit().match(lexed, offset))


def spelled(word: str) -> str | None:
    """The terminal of the keyword that a word spells; one of several where it spells several."""
    return next((terminal for terminal, keyword in keywords().items() if word in keyword.spellings), None)


def near(word: str, terminals: Collection[str]) -> str | None:
    """The keyword, of those that some terminals are, for which people write a word that is none; in its language."""
    for terminal, row in _near()["keyword"].items():
        if terminal in terminals and word in row.split(" | "):
            return keywords()[terminal].spelling("en" if word.isascii() else "zh")
    return None


def meant(word: str, english: str) -> bool:
    """Whether a word is a keyword of the table, or what people write for it."""
    return word in spellings(english) or word in _near()["keyword"].get(english.upper(), "").split(" | ")


def function_meant(written: str) -> str | None:
    """The function that goes by a name elsewhere: `average` is `avg`; None where none does."""
    rows = _near()["function"].items()
    return next((name for name, row in rows if written.casefold() in row.split(" | ")), None)


def is_clause(word: str) -> bool:
    """Whether a word begins a clause of some item."""
    clauses = [keyword for keyword in keywords().values() if keyword.section in ("scheme", "clause")]
    return any(word == spelling.split()[0] for clause in clauses for spelling in clause.spellings)


def language_of(lexed: str, starts: Iterable[int]) -> str:
    """`zh` where most of the keywords that begin lines (at these offsets of prepared text) are Chinese, else `en`."""
    beginnings = _beginnings()
    languages = [beginnings.get(match[0]) for start in starts if (match := _LETTERS.match(lexed, start))]
    return "zh" if languages.count("zh") > languages.count("en") else "en"


# ---------------------------------------------------------------- reading the table


def _parted(row: str) -> tuple[str, tuple[str, ...]]:
    english, *chinese = row.split(" | ")
    return english, tuple(chinese)


def _chinese(row: str) -> tuple[str, ...]:
    return tuple(row.split(" | ")) if row else ()


@cache
def _near() -> dict[str, dict[str, str]]:
    return tomllib.loads(grammar.read(grammar.NEAR))


@cache
def _touching() -> tuple[str, ...]:
    return tuple(table()["touching"].split())


@cache
def _named() -> dict[str, dict[str, str]]:
    return {
        section: {spelling: key for key, row in table()[section].items() for spelling in (key, *_chinese(row))}
        for section in ("name", "function")
    }


@cache
def _spelled() -> dict[str, Word]:
    names, functions = (
        [Word(section, key, key, _chinese(row)) for key, row in table()[section].items()]
        for section in ("name", "function")
    )
    words = [*names, *keywords().values(), *functions]
    by_name: dict[str, Word] = {}
    for word in words:
        by_name.setdefault(word.english, word)
        by_name[f"{word.english} ({word.section})"] = word
    return by_name


# ---------------------------------------------------------------- patterns


def _whole(spelling: str) -> str:
    """A spelling as a whole word, any run of spaces inside it, N a number.

    A keyword that takes a number ends before anything but a letter; round a number in Chinese spaces may be left out.
    """
    parts = spelling.split()
    gap = " *" if "N" in parts and not spelling.isascii() else " +"
    end = r"(?![^\W0-9])" if parts[-1] in _touching() else r"(?!\w)"
    return gap.join("[0-9]+" if part == "N" else re.escape(part) for part in parts) + end


def _end(parts: Sequence[str], text: str, at: int, stop: int, *, touches: bool) -> int | None:
    """Where a spelling ends, any run of spaces between its parts, as `_whole` says it; None: it is not there."""
    end = at
    for index, part in enumerate(parts):
        if index:
            gap = end
            while text.startswith(" ", end, stop):
                end += 1
            if end == gap:
                return None
        if not text.startswith(part, end, stop):
            return None
        end += len(part)
    after = text[end : min(end + 1, stop)]
    letter = after.isalnum() or after == "_"
    return None if letter and not (touches and after in _DIGITS) else end


def _spaced(name: str, keyword: re.Pattern[str]) -> str | None:
    parts = [part for part in keyword.split(name) if part]
    apart = any(part[0] == "." or part[-1] == "." for part in parts)  # a keyword beside a dot is a name
    return " ".join(parts) if len(parts) > 1 and not apart else None


@cache
def _items() -> re.Pattern[str]:
    items = [terminal for terminal, word in keywords().items() if word.section == "item"]
    return re.compile("|".join(f"(?P<{terminal}>{pattern(terminal)})" for terminal in items))


@cache
def _limit() -> re.Pattern[str]:
    return re.compile(f"{pattern('AT_MOST')}|{pattern('AT_LEAST')}")


@cache
def _longest_first() -> re.Pattern[str]:
    spellings = {s for word in keywords().values() for s in word.spellings}
    return re.compile("|".join(_whole(s) for s in sorted(spellings, key=len, reverse=True)))


@cache
def _beginnings() -> dict[str, str]:
    """The language of each keyword, by its first word."""
    words = [word for word in keywords().values() if word.section != "type"]
    chinese = {spelling.split()[0]: "zh" for word in words for spelling in word.chinese}
    return chinese | {word.english.split()[0]: "en" for word in words}


@cache
def _inner() -> re.Pattern[str]:
    spellings = [s for word in keywords().values() if word.section == "inside" for s in word.chinese]
    spellings += [s for later in laters("any") for s in later.word.chinese if " " not in s]
    return re.compile(f"({_longest(s for s in spellings if s not in _PLAIN)})")


@cache
def _heads() -> re.Pattern[str]:
    return re.compile(f"^({_longest(s for word in keywords().values() for s in word.chinese if ' ' not in s)})")


def _longest(spellings: Iterable[str]) -> str:
    return "|".join(sorted({*spellings}, key=lambda s: (-len(s), s)))
