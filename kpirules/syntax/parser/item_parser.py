"""The LALR parser of one item: its tables are built once and kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import lark
from lark import Lark, Token
from lark.grammar import Rule
from lark.lark import PostLex
from lark.lexer import PatternStr, TerminalDef
from lark.parsers.lalr_analysis import Reduce, Shift
from lark.parsers.lalr_parser import LALR_Parser
from lark.utils import SerializeMemoizer

from kpirules.syntax import grammar, words
from kpirules.syntax.parser import parse_tables
from kpirules.syntax.parser.lexer import Lexing

_OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "lexer": "contextual",
    "maybe_placeholders": True,
    "keep_all_tokens": True,
}


class Blocks(PostLex):
    """Marks where blocks begin and end, from the spaces that follow each `_NL`.

    A mark lies, empty, at the first character of the line that makes it.
    """

    always_accept = ("_NL",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The tokens of one item with `_INDENT` and `_DEDENT` put in."""
        open_blocks = [0]
        for token in stream:
            yield token
            if token.type != "_NL":
                continue
            indent = len(token) - token.rindex("\n") - 1
            while indent < open_blocks[-1]:
                open_blocks.pop()
                yield _mark("_DEDENT", token)
            if indent > open_blocks[-1]:
                open_blocks.append(indent)
                yield _mark("_INDENT", token)


def _mark(kind: str, newline: Token) -> Token:
    at, line, column = newline.end_pos, newline.end_line, newline.end_column
    return Token(kind, "", at, line, column, line, column, at)


class _Parsing(LALR_Parser):
    """The plug-in for Lark's parser: what a state does is made ready when the parser first comes to it."""

    @staticmethod
    def compact(table: Mapping[str, Any]) -> dict[str, Any]:
        """Lark's table with each action a number: the state to go to, or `~` the number of the rule to reduce by."""
        states = {
            state: {table["tokens"][token]: ~arg["@"] if reduces else arg for token, (reduces, arg) in actions.items()}
            for state, actions in table["states"].items()
        }
        return {"states": states, "start_states": table["start_states"], "end_states": table["end_states"]}

    @classmethod
    def deserialize(cls, data: dict[str, Any], memo: dict[int, Any], *more: object) -> _Parsing:
        """As Lark's own, of a table that `compact` made."""
        made: _Parsing = super().deserialize(  # type: ignore[no-untyped-call]  # Lark says no types for it
            {**data, "tokens": {}, "states": {}}, memo, *more
        )
        states = {int(state): actions for state, actions in data["states"].items()}  # keys of JSON are texts
        made.parser.parse_table.states = _States(states, memo)
        return made


class _States(dict[int, dict[str, Any]]):
    """The actions of each state by the terminals that could stand there."""

    def __init__(self, kept: Mapping[int, Mapping[str, int]], rules: Mapping[int, Rule]) -> None:
        super().__init__()
        self._kept, self._rules = kept, rules

    def __missing__(self, state: int) -> dict[str, Any]:
        actions = self[state] = {
            token: (Reduce, self._rules[~to]) if to < 0 else (Shift, to) for token, to in self._kept[state].items()
        }
        return actions

    def items(self) -> Any:  # noqa: ANN401  # a view of another dict's items
        """Every state, with what has its terminals for keys: all that Lark asks of a state before it comes to it."""
        return self._kept.items()


class _Rule(Rule):
    """A rule that equals itself alone: at every step the parser looks up its function, and Lark hashes its parts."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


class ItemParser(Lark):
    """Lark with the project's grammar."""

    @classmethod
    def build(cls, *, strict: bool = False) -> ItemParser:
        """A parser made from the grammar's text; `strict` refuses any conflict or clash, and needs `interegular`."""
        return cls(source(), strict=strict, postlex=Blocks(), **_OPTIONS)

    @classmethod
    def revive(cls, tables: parse_tables.Tables) -> ItemParser:
        """A parser from the tables of one that was built. Raises whatever wrong tables provoke."""
        memo = SerializeMemoizer.deserialize(
            {int(number): made for number, made in tables["memo"].items()},
            {"TerminalDef": TerminalDef, "Rule": _Rule},
            {},
        )
        parser = cls._load_from_dict(  # type: ignore[no-untyped-call]  # Lark says no types for it
            data=tables["data"],
            memo=memo,
            postlex=Blocks(),
            _plugins={"ContextualLexer": Lexing, "LALR_Parser": _Parsing},
        )
        assert isinstance(parser, cls)
        return parser

    def signs(self) -> dict[str, str]:
        """The terminals that are one sign, with the sign."""
        return {term.name: term.pattern.value for term in self.terminals if isinstance(term.pattern, PatternStr)}

    def tables(self) -> parse_tables.Tables:
        """What `revive` takes."""
        data, memo = self.memo_serialize([TerminalDef, Rule])
        data["options"] = {name: value for name, value in data["options"].items() if name != "postlex"}
        data["parser"]["parser"] = _Parsing.compact(data["parser"]["parser"])
        return {"data": data, "memo": {str(number): made for number, made in memo.items()}}


def source() -> str:
    """The whole text of the grammar, with the keywords' terminals made from the words."""
    keywords = [f"{terminal}.2: /{words.pattern(terminal)}/" for terminal in words.keywords()]
    return "\n".join([grammar.read(grammar.GRAMMAR), f"_STOP: /{words.stop()}/", *keywords, ""])


@cache
def item_parser() -> ItemParser:
    """The parser, from tables that were built before, else from new ones, which are then kept for the next time."""
    with contextlib.suppress(Exception):  # whatever missing, unreadable or damaged tables provoke: build new ones
        return ItemParser.revive(parse_tables.load(key()))
    made = ItemParser.build().tables()
    with contextlib.suppress(OSError, RuntimeError):
        parse_tables.keep(key(), made)
    return ItemParser.revive(made)


def key() -> str:
    """All that the tables depend on."""
    return f"{lark.__version__} {_OPTIONS}\n{source()}"
