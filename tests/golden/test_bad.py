"""Schemes that must not compile, and what is said of them, frozen whole: message, underlined text, labels, help.

What is frozen is written anew by `python -m tests.golden.reset`; read the difference before it is committed.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kpirules
from kpirules.source import Diagnostic
from kpirules.source.catalogue import LANGUAGES
from tests.golden.cases import BAD, bad_schemes, found, good_cases, language, on_disk, told

PACKAGE = Path(kpirules.__file__).parent
ENGLISH = [path for path in bad_schemes() if language(path) == "en"]

schemes = pytest.mark.parametrize("scheme", bad_schemes(), ids=lambda path: path.name)
twins = pytest.mark.parametrize("scheme", ENGLISH, ids=lambda path: path.name)


@schemes
def test_frozen(scheme: Path) -> None:
    frozen = scheme.with_suffix(".txt")
    assert frozen.exists(), f"{frozen} is missing: run `python -m tests.golden.reset`"
    assert frozen.read_bytes().decode() == told(scheme), f"{frozen} is stale: run `python -m tests.golden.reset`"


@schemes
def test_refused_in_whole_words(scheme: Path) -> None:
    assert found(scheme)
    for text in (text for fault in found(scheme) for lang in LANGUAGES for text in _texts(fault, lang)):
        assert "{" not in text, text
        assert not text.endswith((".", "。")), text


@twins
def test_twins_break_the_same_rules(scheme: Path) -> None:
    other = scheme.with_name(scheme.name.replace(".en.", ".zh."))
    assert _rules(scheme) == _rules(other)


def test_every_rule_of_syntax_and_model_is_broken_somewhere() -> None:
    rooms = [path for room in ("syntax", "model") for path in (PACKAGE / room).rglob("*.py")]
    raised = {code for path in rooms for code in re.findall(r'"(KPI\d+)"', path.read_text(encoding="utf-8"))}
    long = {"KPI119"}  # thousands of lines: `tests/test_size.py` writes them
    assert raised - long - {fault.code for scheme in bad_schemes() for fault in found(scheme)} == set()


def test_each_case_is_told_in_both_languages() -> None:
    assert {path.name for path in bad_schemes()} == {
        f"{path.name.split('.')[0]}.{lang}.kpi" for path in ENGLISH for lang in LANGUAGES
    }


def test_nothing_frozen_is_left_over() -> None:
    folders = {case.folder for case in good_cases()}
    left = [
        path
        for path in on_disk()
        if not (path.with_suffix(".kpi").exists() if path.parent == BAD else path.parent in folders)
    ]
    assert left == [], "run `python -m tests.golden.reset`"


def _texts(diagnostic: Diagnostic, lang: str) -> list[str]:
    labels = [diagnostic.label_text(label, lang) for label in diagnostic.labels]
    helps = [diagnostic.help_text(note, lang) for note in diagnostic.helps]
    return [diagnostic.message(lang), *labels, *helps]


def _rules(scheme: Path) -> list[tuple[int | None, str]]:
    """The line and code of each fault."""
    return [
        (fault.span.source.position(fault.span.start)[0] if fault.span else None, fault.code) for fault in found(scheme)
    ]
