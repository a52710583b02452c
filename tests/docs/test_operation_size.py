"""An operation takes few files and lines, as `docs/adding-a-construct.md` counts them."""

from __future__ import annotations

import re
from collections import Counter

from tests.docs.pages import ROOT, blocks

MOST_FILES, MOST_LINES = 4, 20
PAGE = ROOT / "docs" / "adding-a-construct.md"
OTHERS = ("kpirules/source/messages", "kpirules/source/rules", "kpirules/data/query_functions.py")
"""Catalogues, and the functions of the engine's own SQL."""


def shown() -> dict[str, list[str]]:
    """The lines of `median` that the page shows, by file."""
    page = PAGE.read_text(encoding="utf-8")
    line = page[: page.index("## A form")].count("\n")
    lines: dict[str, list[str]] = {}
    for block in blocks(PAGE):
        if block.mark == "source" and block.line < line:
            lines.setdefault(block.words[0], []).extend(shown for shown in block.text.splitlines() if shown.strip())
    return lines


def test_the_page_counts_what_it_shows() -> None:
    counts = {file: len(lines) for file, lines in shown().items()}
    table = re.findall(r"^\| `(.+?)` \| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {file: int(count) for file, count in table} == counts
    assert f"| all | {sum(counts.values())} |" in PAGE.read_text(encoding="utf-8")
    assert len(counts) <= MOST_FILES
    assert sum(counts.values()) <= MOST_LINES


def test_the_page_shows_every_line_that_names_it() -> None:
    files = [path for room in ("kpirules", "grammar") for path in (ROOT / room).rglob("*") if path.is_file()]
    texts = {str(path.relative_to(ROOT)): path for path in files if path.suffix in (".py", ".toml", ".lark")}
    named = {
        name: Counter(line for line in path.read_text(encoding="utf-8").splitlines() if "median" in line)
        for name, path in texts.items()
        if not name.startswith(OTHERS)
    }
    pages = {name: Counter(line for line in lines if "median" in line) for name, lines in shown().items()}
    assert {name: lines for name, lines in named.items() if lines} == pages
