"""The parts of Lark that are read or replaced without its documentation having promised them.

Where a new Lark has changed one, the test of it says which. See then what `kpirules/syntax/parser/` makes of it, and
move the upper bound of Lark in `pyproject.toml`, which stands there so that nobody meets such a change before we do.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lark
import pytest
from lark import Lark
from lark.grammar import Rule
from lark.lexer import BasicLexer, ContextualLexer, TerminalDef
from lark.parsers.lalr_analysis import Reduce, Shift
from lark.parsers.lalr_parser import LALR_Parser
from lark.parsers.lalr_parser_state import ParseConf

from kpirules.syntax.parser import item_parser, lexer

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def parameters(function: Callable[..., object]) -> list[str]:
    return [*inspect.signature(function).parameters]


def read_of_self(function: Callable[..., object]) -> set[str]:
    """The names of all that a method reads of its object."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "self"}


def saved() -> dict[str, Any]:
    """The tables of a small grammar, as Lark saves them."""
    data, _ = Lark('start: "a" start | "b"', parser="lalr").memo_serialize([TerminalDef, Rule])
    return dict(data["parser"]["parser"])


def actions() -> set[tuple[int, type]]:
    return {(reduces, type(arg)) for state in saved()["states"].values() for reduces, arg in state.values()}


def parser() -> Any:  # noqa: ANN401  # Lark says no types for its parts
    return item_parser.item_parser().parser


NEXT_TOKEN = {"callback", "ignore_types", "match", "newline_types", "scanner", "terminals_by_name"}
PARTS: dict[str, Callable[[], tuple[object, object]]] = {
    "`Lark._load_from_dict` makes a parser of saved tables": lambda: (
        parameters(Lark._load_from_dict),  # noqa: SLF001  # what the test is about
        ["data", "memo", "kwargs"],
    ),
    "saved tables are tokens, states, where to start and where to end": lambda: (
        set(saved()),
        {"tokens", "states", "start_states", "end_states"},
    ),
    "an action of saved tables is (0, state) or (1, the number of a rule)": lambda: (actions(), {(0, int), (1, dict)}),
    "the option `_plugins` names the class of the parser": lambda: (type(parser().parser), item_parser._Parsing),  # noqa: SLF001
    "the option `_plugins` names the class of the lexer": lambda: (type(parser().lexer.lexer), lexer.Lexing),
    "`LALR_Parser.deserialize` takes tables, rules and what to call": lambda: (
        parameters(LALR_Parser.deserialize),
        ["data", "memo", "callbacks", "debug"],
    ),
    "a parser looks an action up in `parser.parse_table.states`": lambda: (
        ParseConf(parser().parser.parser.parse_table, {}, "start").states is parser().parser.parser.parse_table.states,
        True,
    ),
    "an action that a parser takes is (`Shift` or `Reduce`, where to)": lambda: (
        {action for state in lark_table().values() for action, _ in state.values()},
        {Shift, Reduce},
    ),
    "`ContextualLexer` is made of the settings, each state's terminals, and those of every state": lambda: (
        parameters(ContextualLexer),
        ["conf", "states", "always_accept"],
    ),
    "`ContextualLexer` reads a lexer for each state, and one of all terminals": lambda: (
        read_of_self(ContextualLexer.lex),
        {"lexers", "root_lexer"},
    ),
    "`BasicLexer` finds a token by these": lambda: (read_of_self(BasicLexer.next_token), NEXT_TOKEN),
    "`BasicLexer.match` asks the scanner": lambda: (read_of_self(BasicLexer.match), {"scanner"}),
    "`BasicLexer.scanner` is kept as `_scanner`": lambda: (
        read_of_self(BasicLexer.scanner.fget),  # type: ignore[attr-defined]  # a property
        {"_scanner", "_build_scanner"},
    ),
    "a scanner matches at an offset of a text": lambda: (parameters(lark.lexer.Scanner.match), ["self", "text", "pos"]),
    "a text has its whole `text` and an `end`": lambda: (
        {"text", "end"} <= set(lark.utils.TextSlice.cast_from("ab").__dict__),
        True,
    ),
}


def lark_table() -> Any:  # noqa: ANN401  # as above
    """The table of a parser as Lark itself makes it."""
    made: Any = Lark('start: "a" start | "b"', parser="lalr").parser
    return made.parser.parser.parse_table.states


@pytest.mark.parametrize("part", PARTS)
def test_lark_still_has_the_shape_that_is_relied_on(part: str) -> None:
    try:
        there, relied_on = PARTS[part]()
    except (AttributeError, TypeError, ValueError, KeyError, OSError) as error:
        there, relied_on = repr(error), part
    assert there == relied_on, f"Lark {lark.__version__} has changed a part that is not documented: {part}"


def test_lark_is_bounded_to_what_was_tried() -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    (bounds,) = {text for text in wanted if text.startswith("lark")}
    lowest, above = re.findall(r"\d+(?:\.\d+)*", bounds)
    numbers = [tuple(map(int, version.split("."))) for version in (lowest, lark.__version__, above)]
    assert numbers[0] <= numbers[1] < numbers[2]
