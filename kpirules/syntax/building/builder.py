"""From the parser's tree of an item to its AST: the walk, and what every rule's function needs."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, get_args

from lark import Token, Tree

from kpirules.records import dataclass
from kpirules.source import Diagnostic, Label, Note, SourceText, Span
from kpirules.syntax import ast, words
from kpirules.syntax.bounds import DEEPEST, MOST_ROWS
from kpirules.syntax.layout import nested

Kids = list[Any]
"""What stands under a rule, in order: tokens, what other rules built, None for an optional part left out."""


@dataclass(frozen=True, slots=True)
class Builder:
    """Where an item is: its source, the prepared text, the offset the parser counted from; and the faults found."""

    source: SourceText
    text: str
    base: int
    faults: list[Diagnostic] = field(default_factory=list)

    def span(self, start: int, end: int) -> Span:
        """The place between two of the parser's positions."""
        return Span(self.source, self.base + start, self.base + end)

    def place(self, token: Token) -> Span:
        """The place of a token."""
        return self.span(token.start_pos or 0, token.end_pos or 0)

    def prepared(self, token: Token) -> str:
        """A token's text in half-width forms."""
        span = self.place(token)
        return self.text[span.start : span.end]

    def name(self, token: Token) -> ast.Name:
        """A name, in NFC."""
        text = unicodedata.normalize("NFC", self.prepared(token))
        span = self.place(token)
        parts = words.touching_digits(text)
        if parts:
            args = {"name": text, "keyword": parts[0], "number": parts[1]}
            self.fault("KPI117", span, args, Note("other", {"write": f"x_{text}"}))
        return ast.Name(text, span=span)

    def title(self, token: Token | None) -> str | None:
        """The title in an optional text token."""
        return self.place(token).text[1:-1] if token else None

    def quoted(self, token: Token) -> ast.Text:
        """A quoted text, without its quotes."""
        span = self.place(token)
        return ast.Text(span.text[1:-1], span=span)

    def fault(self, code: str, span: Span, args: Mapping[str, Any], help_: Note, label: Label | None = None) -> None:
        """Report a fault; the item will not stand."""
        self.faults.append(Diagnostic(code, span, args, (label,) if label else (), (help_,)))

    def twice(self, span: Span, first: Span) -> None:
        """Report what is written a second time."""
        self.fault("KPI111", span, {"what": span.text}, Note("once"), Label(first, "first"))


Rule = Callable[[Builder, Span, Kids], Any]

_LAYOUT = frozenset({"_NL", "_INDENT", "_DEDENT"})
_SIGN = object()
"""Stands for a token that no rule's function gets."""


def walk(tree: Tree[Token], rules: Mapping[str, Rule], builder: Builder) -> Any:  # noqa: ANN401  # as its rule says
    """Build a tree from its leaves up, each node by its rule's function; no recursion, however deep it is.

    Signs, line ends and block marks (terminals that begin with `_`) are left out of what a function gets; of these
    only signs count for the place of a node.
    """
    order: list[Tree[Token] | Token | None] = []
    todo: list[Tree[Token] | Token | None] = [tree]
    while todo:
        node = todo.pop()
        order.append(node)
        if isinstance(node, Tree):
            todo += node.children
    built: list[Any] = []
    places: list[tuple[int, int] | None] = []
    """Where each part lies; None for what has no place."""
    for node in reversed(order):
        if isinstance(node, Tree):
            first = len(built) - len(node.children)
            placed = [place for place in places[first:] if place]
            start, end = placed[0][0], placed[-1][1]
            kids = [kid for kid in built[first:] if kid is not _SIGN]
            del built[first:], places[first:]
            built.append(rules[node.data](builder, builder.span(start, end), kids))
            places.append((start, end))
        elif node is None:
            built.append(None)
            places.append(None)
        else:
            built.append(_SIGN if node.type.startswith("_") else node)
            places.append(None if node.type in _LAYOUT else (node.start_pos or 0, node.end_pos or 0))
    return built[0]


_LEVELS = frozenset({*get_args(ast.Expr), ast.By, ast.Choose, ast.Curve, ast.Tiers})
"""The nodes that are a level of their own in what they stand in."""


def too_large(item: ast.Node) -> Diagnostic | None:
    """The fault of an item with a node that lies deeper in it than `DEEPEST`, or a rule of more than `MOST_ROWS`.

    A value lies as deep in its limits as there are of them.
    """
    todo: list[tuple[ast.Node, int]] = [(part, 0) for part in _parts(item)]
    while todo:
        node, depth = todo.pop()
        depth += type(node) in _LEVELS
        limits = len(getattr(node, "limits", ()))
        if depth + limits > DEEPEST:
            return nested(node.limits[DEEPEST - depth].span if limits else node.span)  # type: ignore[attr-defined]
        rows = getattr(node, "rows", ())
        if len(rows) > MOST_ROWS:
            return too_many(rows[MOST_ROWS].span, MOST_ROWS, "rows")
        todo += [(part, depth + limits) for part in _parts(node)]
    return None


def _parts(node: ast.Node) -> Iterator[ast.Node]:
    """The nodes directly in a node."""
    for name in type(node).__slots__:
        value = getattr(node, name)
        if isinstance(value, ast.Node):
            yield value
        elif isinstance(value, tuple):
            yield from (part for part in value if isinstance(part, ast.Node))


def too_many(span: Span, most: int, what: str) -> Diagnostic:
    """The fault of one more than there may be, at its place; `what` is `items` or `rows`."""
    return Diagnostic("KPI119", span, {"limit": most}, helps=(Note(what, {"limit": most}),))
