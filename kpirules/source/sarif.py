"""Diagnostics as SARIF 2.1.0, the form that code hosts and editors read the findings of a checker in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from kpirules.source.catalogue import entry
from kpirules.source.diagnostics import Diagnostic
from kpirules.source.explanations import explanation
from kpirules.source.spans import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LANGUAGES = {"en": "en", "zh": "zh-CN"}


def to_sarif(diagnostics: Iterable[Diagnostic], lang: str, *, version: str, complete: bool) -> dict[str, Any]:
    """A SARIF log of one run, as data that `json.dumps` takes.

    Each finding has its message with the help lines below it, its place, and the places of its labels; each code that
    is found is a rule, with its explanation. Columns count UTF-16 units from 1, as SARIF counts them unless told
    otherwise. `version` is the program's; `complete` says that everything asked for could be read.
    """
    faults = list(diagnostics)
    codes = sorted({fault.code for fault in faults})
    driver = {
        "name": "kpirules",
        "version": version,
        "language": _LANGUAGES[lang],
        "rules": [_rule(code, lang) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "language": _LANGUAGES[lang],
        "columnKind": "utf16CodeUnits",
        "invocations": [{"executionSuccessful": complete}],
        "results": [_result(fault, codes.index(fault.code), lang) for fault in faults],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, lang: str) -> dict[str, Any]:
    explained = explanation(code, lang)
    text = [explained.why]
    text += [example.text.rstrip("\n") for example in (explained.bad, explained.mended) if example is not None]
    return {
        "id": code,
        "shortDescription": _plain(entry(code, lang).title),
        "fullDescription": _plain(explained.why),
        "help": _plain("\n\n".join(text)),
        "defaultConfiguration": {"level": "error"},
    }


def _result(diagnostic: Diagnostic, rule: int, lang: str) -> dict[str, Any]:
    lines = [diagnostic.message(lang), *(diagnostic.help_text(note, lang) for note in diagnostic.helps)]
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": "error",
        "message": _message("\n".join(lines)),
    }
    if diagnostic.span is not None:
        result["locations"] = [{"physicalLocation": _place(diagnostic.span)}]
    if diagnostic.labels:
        result["relatedLocations"] = [
            {
                "id": nth,
                "physicalLocation": _place(label.span),
                "message": _message(diagnostic.label_text(label, lang)),
            }
            for nth, label in enumerate(diagnostic.labels, 1)
        ]
    return result


def _place(span: Span) -> dict[str, Any]:
    line, column = _position(span, span.start)
    end_line, end_column = _position(span, span.end)
    region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    return {"artifactLocation": {"uri": _uri(span.source.name)}, "region": region}


def _position(span: Span, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1, the column in UTF-16 units."""
    line, column = span.source.position(offset)
    before = span.source.text[offset - column + 1 : offset]
    return line, len(before.encode("utf-16-le", "surrogatepass")) // 2 + 1


def _uri(name: str) -> str:
    path = PurePath(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _message(text: str) -> dict[str, str]:
    """A message, in which SARIF gives braces, brackets and the backslash a meaning of their own."""
    for sign, written in (("\\", "\\\\"), ("{", "{{"), ("}", "}}"), ("[", "\\["), ("]", "\\]")):
        text = text.replace(sign, written)
    return {"text": text}


def _plain(text: str) -> dict[str, str]:
    """A text in which nothing has a meaning of its own."""
    return {"text": text}
