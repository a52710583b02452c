"""A scheme parted into files, one for each item, means what it means as one file."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kpirules.compiling import Compiled, compile_scheme, read_source
from kpirules.plan.encode import to_json
from kpirules.source import SourceText
from kpirules.source.files import Kept
from kpirules.syntax import ast, words
from kpirules.syntax.parse import parse
from tests.golden.cases import GOOD

SCHEMES = [*(Path(__file__).parents[2] / "schemes").rglob("*.kpi"), *GOOD.rglob("*.kpi")]


def parted(source: SourceText) -> Compiled:
    """The scheme with every item but its header in a file of its own, all of them used by the first, in order."""
    file = parse(source)[0]
    items, use = file.items, words.spelling("use", file.language)
    starts = [source.text.rindex("\n", 0, item.span.start) + 1 if item.span.start else 0 for item in items]
    pieces = [source.text[each:next_] for each, next_ in pairwise([*starts, len(source.text)])]
    main, files = "", {}
    for nth, (item, piece) in enumerate(zip(items, pieces, strict=True)):
        if isinstance(item, ast.Scheme):
            main += piece
        else:
            main += f'{use} "parts/{nth}.kpi"\n'
            files[f"parts/{nth}.kpi"] = piece.encode()
    return compile_scheme(SourceText("main.kpi", main), Kept(files))


def without_places(data: Any) -> Any:  # noqa: ANN401  # any value of JSON
    """A plan's data without the places in the rules that its parts were made for."""
    if isinstance(data, dict):
        return {key: without_places(value) for key, value in data.items() if key != "origin"}
    return [without_places(each) for each in data] if isinstance(data, list) else data


@pytest.mark.parametrize("path", SCHEMES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_scheme_parted_into_files_is_the_same_plan(path: Path) -> None:
    source = read_source(path)
    whole, parts = compile_scheme(source), parted(source)
    assert len(parts.texts) == len(parse(source)[0].items)
    assert without_places(to_json(parts.plan)) == without_places(to_json(whole.plan))
    places = {
        binding.origin.file for step in parts.plan.steps for binding in getattr(step, "bindings", ()) if binding.origin
    }
    assert places <= {text.name for text in parts.texts.values()}
    assert len(places) > 1
