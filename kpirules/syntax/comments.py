"""Comments: where each stands, and which line of the rules it speaks of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import fields

from kpirules.source import SourceText, Span
from kpirules.syntax import ast
from kpirules.syntax.layout import Line, Prepared


def attach(source: SourceText, prepared: Prepared) -> tuple[ast.Comment, ...]:
    """The comments of a text in order, each with the line it belongs to.

    One that shares its line, or stands inside the brackets of one, is `beside` it. One on a line of its own is `above`
    the next line, unless that is less deep: then it is the last word of a block, `below` the line before.
    """
    lines = prepared.lines
    starts = [line.start for line in lines]
    return tuple(_attached(source, lines, starts, *place) for place in prepared.comments)


def _attached(source: SourceText, lines: Sequence[Line], starts: Sequence[int], start: int, end: int) -> ast.Comment:
    nth = bisect_right(starts, start)
    before = lines[nth - 1] if nth else None
    after = lines[nth] if nth < len(lines) else None
    if before and (start < before.end or "\n" not in source.text[before.end : start]):
        place, line = "beside", before
    elif after and (not before or after.indent >= source.position(start)[1] - 1):
        place, line = "above", after
    elif before:
        place, line = "below", before
    else:
        place, line = "alone", Line(start, end, 0)
    text = source.text[start + 1 : end].strip()
    return ast.Comment(text, place, Span(source, line.start, line.end), span=Span(source, start, end))


def owner(file: ast.File, comment: ast.Comment) -> ast.Node | None:
    """What a comment speaks of: the outermost node that begins in its line; None where that line could not be read."""
    begin, end = comment.line.start, comment.line.end
    todo: list[ast.Node] = list(_here(file.items, begin, end))
    while todo:
        node = todo.pop(0)
        if begin <= node.span.start < end:
            return node
        todo += _here((getattr(node, attribute.name) for attribute in fields(node)), begin, end)
    return None


def _here(parts: Iterable[object], begin: int, end: int) -> list[ast.Node]:
    """The nodes among the parts of a node that reach into a line."""
    nodes: list[ast.Node] = []
    for part in parts:
        if isinstance(part, tuple):
            nodes += _here(part, begin, end)
        elif isinstance(part, ast.Node):
            nodes.append(part)
    return nodes
