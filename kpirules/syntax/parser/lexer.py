"""Lark's contextual lexer, made ready only as far as a text needs it.

Lark compiles one expression of all the terminals that could stand at a state of the parser, for every state that a text
meets. Here signs and keywords are compared as they are spelled; any other terminal is compiled by itself, once, when it
is first tried; each is tried only where it could begin with the character at hand. What matches is the same: the first
terminal, in Lark's own order, that could stand there. A token has its offsets, and no line or column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from operator import itemgetter
from string import ascii_uppercase, digits
from typing import TYPE_CHECKING, Any

from lark import Token
from lark.lexer import BasicLexer, ContextualLexer, PatternStr, TerminalDef

from kpirules.syntax import words

if TYPE_CHECKING:
    from lark.common import LexerConf
    from lark.lexer import LexerState
    from lark.parsers.lalr_parser_state import ParserState
    from lark.utils import TextSlice

_States = Mapping[int, Collection[str]]
_Ends = Callable[[str, int, int], int | None]
"""Where a terminal ends that stands at the first offset of a text and before the second; None where it does not."""

_BEGINNINGS = {
    "COUNT_DISTINCT": "c",
    "NUMBER": digits,
    "DATE": digits,
    "TEXT": '"“＂',
    "CODE": ascii_uppercase,
    "YUAN": "元",
    "COMPARE": "<>!=≥≤≠",
    "NEXT_AT_MOST": ",",
    "NEXT_AT_LEAST": ",",
    "_NL": "\n",
}
"""The characters that an expression may begin with; one that is not here is tried at any character."""

_SPACE = " "
"""What the grammar ignores, a run of it at a time."""


class Lexing(ContextualLexer):
    """The plug-in that a parser takes for its lexer."""

    def __init__(
        self, conf: LexerConf, states: dict[int, Collection[str]], always_accept: Collection[str] = ()
    ) -> None:
        # not Lark's own: it would make the lexers of all states at once
        every = BasicLexer(conf)
        table = _Table(every.terminals, every.newline_types)
        self.root_lexer = _Basic(conf, table)
        self.lexers = _Lexers(conf, states, frozenset({*conf.ignore, *always_accept}), table)

    def lex(self, lexer_state: LexerState, parser_state: ParserState[Any]) -> Iterator[Token]:
        """The tokens of a text. From where none can stand, Lark goes on: it says what could."""
        text, at, stop = lexer_state.text.text, lexer_state.line_ctr.char_pos, lexer_state.text.end
        lexers: Mapping[int, Any] = self.lexers
        while True:
            while at < stop and text[at] == _SPACE:
                at += 1
            if at >= stop:
                return
            matched = lexers[parser_state.position].scanner.token(text, at, stop)
            if matched is None:
                break
            name, end = matched
            token = lexer_state.last_token = Token(name, text[at:end], at, end_pos=end)
            at = end
            yield token
        lexer_state.line_ctr.char_pos = at
        yield from super().lex(lexer_state, parser_state)


class _Lexers(dict[int, Any]):
    """The lexer of each state, made when the parser first comes to it."""

    def __init__(self, conf: LexerConf, states: _States, always: frozenset[str], table: _Table) -> None:
        super().__init__()
        self._conf, self._states, self._always, self._table = conf, states, always, table
        self._by_accepted: dict[frozenset[str], _Basic] = {}

    def __missing__(self, state: int) -> _Basic:
        accepted = self._always.union(self._states[state])
        lexer = self._by_accepted.get(accepted)
        if lexer is None:
            lexer = self._by_accepted[accepted] = _Basic(self._conf, self._table, accepted)
        self[state] = lexer
        return lexer


class _Basic(BasicLexer):
    """The lexer of one set of terminals; of all, where none are given."""

    def __init__(self, conf: LexerConf, table: _Table, accepted: frozenset[str] | None = None) -> None:
        names = conf.terminals_by_name.keys()
        self.newline_types = table.newlines
        self.ignore_types = frozenset(conf.ignore)
        self.terminals_by_name = conf.terminals_by_name
        self.callback = {}
        self._scanner: Any = _Scanner(table, names if accepted is None else accepted & names)


class _Scanner(dict[str, tuple[tuple[TerminalDef, _Ends], ...]]):
    """Of one set of terminals, those that could begin with a character, in the order in which they are tried."""

    def __init__(self, table: _Table, allowed: Collection[str]) -> None:
        super().__init__()
        self._table, self.allowed_types = table, allowed

    def __missing__(self, char: str) -> tuple[tuple[TerminalDef, _Ends], ...]:
        allowed, ends = self.allowed_types, self._table.ends
        tried = self[char] = tuple(
            (terminal, ends(terminal)) for terminal in self._table.at(char) if terminal.name in allowed
        )
        return tried

    def match(self, text: TextSlice[str], at: int) -> tuple[str, str] | None:
        """What stands at an offset, and the name of its terminal, as Lark asks."""
        matched = self.token(text.text, at, text.end)
        return (text.text[at : matched[1]], matched[0]) if matched else None

    def token(self, text: str, at: int, stop: int) -> tuple[str, int] | None:
        """The name of the terminal that stands at an offset, and where it ends."""
        for terminal, ends in self[text[at]]:
            end = ends(text, at, stop)
            if end is not None:
                return self._named(terminal, text[at:end]), end
        return None

    def _named(self, terminal: TerminalDef, value: str) -> str:
        """The sign that an expression has matched, where it could stand: a sign goes before an expression."""
        sign = self._table.signs.get(value)
        return (
            sign.name
            if sign and sign.priority == terminal.priority and sign.name in self.allowed_types
            else terminal.name
        )


class _Table:
    """All terminals in the order in which they are tried, by the character that each begins with."""

    def __init__(self, terminals: Iterable[TerminalDef], newlines: frozenset[str]) -> None:
        self.newlines = newlines
        self.signs: dict[str, TerminalDef] = {}
        self._others: list[tuple[int, TerminalDef]] = []
        self._by_first: dict[str, list[tuple[int, TerminalDef]]] = {}
        for place in enumerate(terminals):
            begins = _begins(place[1])
            if isinstance(place[1].pattern, PatternStr):
                self.signs[place[1].pattern.value] = place[1]
            for char in begins:
                self._by_first.setdefault(char, []).append(place)
            if not begins:
                self._others.append(place)
        self._ends: dict[str, _Ends] = {}

    def at(self, char: str) -> list[TerminalDef]:
        """Those that could begin with a character."""
        return [terminal for _, terminal in sorted([*self._others, *self._by_first.get(char, ())], key=itemgetter(0))]

    def ends(self, terminal: TerminalDef) -> _Ends:
        """What finds a terminal's end, made ready when it is first asked for."""
        ends = self._ends.get(terminal.name)
        if ends is None:
            ends = self._ends[terminal.name] = _ends(terminal)
        return ends


def _ends(terminal: TerminalDef) -> _Ends:
    if isinstance(terminal.pattern, PatternStr):
        return partial(_sign_ends, terminal.pattern.value)
    if terminal.name in words.keywords():
        return words.ends(terminal.name)
    return partial(_match_ends, re.compile(terminal.pattern.to_regexp()))


def _sign_ends(sign: str, text: str, at: int, stop: int) -> int | None:
    return at + len(sign) if text.startswith(sign, at, stop) else None


def _match_ends(pattern: re.Pattern[str], text: str, at: int, stop: int) -> int | None:
    match = pattern.match(text, at, stop)
    return match.end() if match else None


def _begins(terminal: TerminalDef) -> set[str]:
    """The characters that a terminal may begin with; none where that is not known."""
    if isinstance(terminal.pattern, PatternStr):
        return {terminal.pattern.value[0]}
    word = words.keywords().get(terminal.name)
    return {spelling[0] for spelling in word.spellings} if word else {*_BEGINNINGS.get(terminal.name, "")}
