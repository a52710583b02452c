from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from kpirules.source import Fault
from tests.docs.pages import PAGES, Reader, blocks, told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page: Path, tmp_path: Path) -> None:
    for block, printed in told(page, tmp_path / "folder"):
        where = f"{page.name}:{block.line} is stale: run `python -m tests.docs.reset`"
        assert block.text.rstrip() == printed.rstrip(), where


SCHEME = "scheme s\n    period quarter\n    currency CNY\n    rounding money 2\ntable t\n    id text key\nsubject t"


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        ("sh", "false"),
        ("sh", "true # exit 1"),
        ("kpi", "define x = 1"),
        ("kpi", f"{SCHEME}\npay p\n    amount nothing"),
        ("kpi wrong", f"{SCHEME}\npay p\n    amount 1 CNY"),
        ("python", "raise SystemExit(1)"),
        ("yaml", "data: {}"),
        ("toml", "a ="),
        ("source README.md", "no such line"),
        ("", "kpirules run"),
        ("ruby", "puts 1"),
        ("console", "$ kpirules run"),
    ],
)
def test_a_snippet_that_is_wrong_or_not_run_is_seen(mark: str, text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```{mark}\n{text}\n```\n", encoding="utf-8")
    (block,) = blocks(page)
    with pytest.raises((AssertionError, Fault, tomllib.TOMLDecodeError, pytest.fail.Exception)):
        Reader("page.md", tmp_path).read(block)


def test_an_output_that_nothing_printed_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```text\nprinted by nobody\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="nothing printed this"):
        list(told(page, tmp_path / "folder"))
