from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT

_LINK = re.compile(r"\]\(([^)#:]+)\)")
_NAMED = re.compile(r"`((?:kpirules|tests|docs|grammar|schemes)/[\w./\u4e00-\u9fff-]+)`")
_ROOMED = re.compile(r"(?<![\w/])((?:syntax|model|plan|engines|data|runs|trace|source|values)/\w+\.py)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [page.parent / name for name in _LINK.findall(text)]
    named += [ROOT / name for name in _NAMED.findall(text)]
    named += [ROOT / "kpirules" / name for name in _ROOMED.findall(text)]
    assert not [str(path) for path in named if not path.exists()]


def test_every_page_is_reached_from_the_readme() -> None:
    linked = {(ROOT / name).resolve() for name in _LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))}
    assert {page for page in PAGES if page.parent == ROOT / "docs"} <= linked
