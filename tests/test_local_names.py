"""A local name says what it holds; `found` and `one` leave it to the reader to find out."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VAGUE = {"found", "one"}


def vague(text: str) -> list[tuple[int, str]]:
    """The vague names that a module binds, each with its line."""
    names: list[tuple[int, str | None]] = []
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.append((node.lineno, name))
            case ast.MatchAs(name=name) | ast.MatchStar(name=name) | ast.ExceptHandler(name=name):
                names.append((node.lineno, name))
            case _:
                continue
    return sorted((line, name) for line, name in names if name in VAGUE)


def test_no_name_is_vague() -> None:
    files = sorted(path for folder in ("kpirules", "tests") for path in (ROOT / folder).rglob("*.py"))
    assert len(files) > 100
    assert [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in files
        for line, name in vague(path.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize(
    "line",
    [
        "found = 1",
        "one: int = 1",
        "for one in (): pass",
        "[found for found in ()]",
        "def f(one): pass",
        "def f(*, found=1): pass",
        "lambda one: 1",
        "(one := 1)",
        "a, (b, found) = 1, (2, 3)",
        "match 1:\n    case found: pass",
        "try: pass\nexcept OSError as found: pass",
    ],
)
def test_a_vague_name_is_seen(line: str) -> None:
    assert [name for _, name in vague(line)] in (["found"], ["one"])


def test_attributes_and_keywords_bind_nothing() -> None:
    assert vague("args.one = groups.found(one=1)") == []
