"""Every fault of a rule file says what to write, and what it says to write in its place mends it.

A note that has `write` or `similar` among its args puts that text in the place of the fault, as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import kpirules
from kpirules.compiling import compile_scheme
from kpirules.source import Diagnostic, Fault, SourceText
from kpirules.source.catalogue import LANGUAGES, codes, entry
from kpirules.source.explanations import SCHEME, explanation
from kpirules.source.files import Folder, Kept, Reader
from tests.golden.cases import BAD, bad_schemes, found

PACKAGE = Path(kpirules.__file__).parent
ELSEWHERE = {
    ("KPI101", "without"): "the whole line, without a sign",
    ("KPI101", "head"): "the first word of the line",
    ("KPI104", "join"): "the line with the one above it",
    ("KPI116", "join"): "the line with those under it",
    ("KPI230", "similar"): "the path within its quotes",
    ("KPI308", "similar"): "the text within its quotes",
    ("KPI231", "slash"): "the path within its quotes",
    ("KPI231", "suffix"): "the path within its quotes",
}
"""Notes whose `write` does not stand in the place of the fault."""


@cache
def _told() -> list[tuple[str, Reader, Diagnostic]]:
    """Every fault of the golden bad cases and of the examples of rule files, with where it was met."""
    all_: list[tuple[str, Reader, Diagnostic]] = [
        (path.name, Folder(BAD), fault) for path in bad_schemes() for fault in found(path)
    ]
    for code in codes():
        for lang in LANGUAGES:
            bad = explanation(code, lang).bad
            if bad is None or bad.file != SCHEME or bad.run or any(name.endswith("/") for name in bad.beside):
                continue
            kept = Kept({name: text.encode() for name, text in bad.files().items()})
            all_ += [
                (f"the example of {code} in {lang}", kept, fault)
                for fault in _faults(bad.files()[SCHEME], SCHEME, kept)
            ]
    return all_


def _faults(text: str, name: str, reader: Reader) -> tuple[Diagnostic, ...]:
    try:
        compile_scheme(SourceText(name, text), reader)
    except Fault as fault:
        return fault.diagnostics
    return ()


def test_every_code_of_a_rule_file_has_words_of_help() -> None:
    rooms = [path for room in ("syntax", "model") for path in (PACKAGE / room).rglob("*.py")]
    raised = {code for path in rooms for code in re.findall(r'"(KPI\d+)"', path.read_text(encoding="utf-8"))}
    assert {code for code in raised if not entry(code, "en").helps} == set()


def test_every_fault_says_what_to_write() -> None:
    bare = [(where, fault) for where, _, fault in _told() if not fault.helps]
    assert [f"{where}: {fault.code}: {fault.message('en')}" for where, fault in bare] == []


def _mended() -> Iterator[tuple[str, Reader, Diagnostic, str, str]]:
    for where, reader, fault in _told():
        for note in fault.helps:
            write = note.args.get("write", note.args.get("similar"))
            if write is not None and (fault.code, note.key) not in ELSEWHERE and fault.span is not None:
                text, span = fault.span.source.text, fault.span
                yield where, reader, fault, note.key, text[: span.start] + write + text[span.end :]


def test_what_is_written_instead_mends_the_fault() -> None:
    """The fault is gone, and nothing before it or at its place is worse than it was."""
    tried = 0
    for where, reader, fault, key, text in _mended():
        assert fault.span is not None
        name, start = fault.span.source.name, fault.span.start
        before = {
            (other.code, other.span.start) for other in _faults(fault.span.source.text, name, reader) if other.span
        }
        after = _faults(text, name, reader)
        line = SourceText(name, text).position(start)[0]
        here = [other for other in after if other.span and other.span.source.name == name]
        same = [other for other in here if other.code == fault.code and other.span and other.span.start == start]
        syntax = [
            other.code
            for other in here
            if other.span and other.code < "KPI2" and other.span.source.position(other.span.start)[0] == line
        ]
        was = [code for code, at in before if code < "KPI2" and fault.span.source.position(at)[0] == line]
        assert not same, f"{where}: {fault.code} {key}: {text.splitlines()[line - 1]}"
        assert len(syntax) <= len(was), f"{where}: {fault.code} {key}: {text.splitlines()[line - 1]}"
        tried += 1
    assert tried > len(LANGUAGES) * 20


_BRACKET = re.compile(r'("[^"\n]*"|“[^”\n]*”|[#＃][^\n]*)|([(（])')


def test_what_was_typed_over_several_lines_is_told_on_one() -> None:
    """A line end within brackets is never spelt out, nor is a comment told as a part of the rule."""
    tried = 0
    read = {fault.span.source.text: (fault.span.source.name, reader) for _, reader, fault in _told() if fault.span}
    for text, (name, reader) in read.items():
        broken = _BRACKET.sub(lambda match: match[1] or f"{match[2]}  # why\n            ", text)
        for fault in _faults(broken, name, reader):
            for lang in LANGUAGES:
                words = [fault.message(lang), *(fault.help_text(note, lang) for note in fault.helps)]
                words += [fault.label_text(label, lang) for label in fault.labels]
                assert not [text for text in words if "\\n" in text or "why" in text], (fault.code, words)
                tried += 1
    assert tried > len(LANGUAGES) * 500
