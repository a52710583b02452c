"""Every code is explained, and every example earns its code, and it alone, until it is mended.

A code without an explanation is added in one place for each language: `kpirules/source/rules/<language>/<room>.toml`,
the room in which its message stands.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from kpirules.cli.main import cli
from kpirules.compiling import compile_scheme
from kpirules.source import Fault, SourceText
from kpirules.source.catalogue import FOLDER as MESSAGES
from kpirules.source.catalogue import LANGUAGES, codes
from kpirules.source.explanations import COMMANDS, FOLDER, SCHEME, Example, explanation
from kpirules.source.files import Kept

ROOMS = [path.name for path in sorted((MESSAGES / "en").glob("*.toml"))]

WITHOUT = frozenset(
    {
        "KPI119",
        "KPI219",
        "KPI233",
        "KPI602",
        "KPI614",
        "KPI615",
        "KPI623",
        "KPI624",
        "KPI657",
        "KPI727",
        "KPI625",
        "KPI626",
        "KPI627",
        "KPI628",
        "KPI629",
        "KPI641",
        "KPI649",
        "KPI650",
        "KPI651",
        "KPI652",
        "KPI685",
        "KPI653",
        "KPI656",
        "KPI682",
        "KPI683",
        "KPI701",
        "KPI722",
        "KPI725",
        "KPI732",
        "KPI733",
        "KPI735",
        "KPI736",
        "KPI737",
        "KPI738",
        "KPI739",
        "KPI742",
        "KPI747",
        "KPI748",
        "KPI749",
        "KPI751",
        "KPI752",
        "KPI753",
        "KPI754",
        "KPI756",
        "KPI757",
        "KPI694",
        "KPI695",
        "KPI696",
        "KPI760",
        "KPI761",
        "KPI762",
        "KPI764",
        "KPI758",
        "KPI759",
        "KPI765",
    }
)
"""Codes that no short text shows: a long chain, bytes, damage, a full disk, a changed folder, a fault of the program."""


def _codes(folder: Path, lang: str, room: str) -> set[str]:
    path = folder / lang / room
    return (
        {key for key in tomllib.loads(path.read_text(encoding="utf-8")) if key != "words"} if path.exists() else set()
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("room", ROOMS)
def test_every_code_is_explained_in_the_room_of_its_message(room: str, lang: str) -> None:
    said, explained = _codes(MESSAGES, lang, room), _codes(FOLDER, lang, room)
    assert said - explained == set(), f"explain these in kpirules/source/rules/{lang}/{room}"
    assert explained - said == set(), f"these are in kpirules/source/rules/{lang}/{room}, and no message is"


def test_both_languages_explain_alike() -> None:
    for code in codes():
        english, chinese = (explanation(code, lang) for lang in LANGUAGES)
        assert (english.bad is None, english.mended is None) == (chinese.bad is None, chinese.mended is None), code
        assert (english.bad is None) == (english.mended is None) == (code in WITHOUT), code
        for explained in (english, chinese):
            assert "\n" not in explained.why
            assert not explained.why.endswith((".", "。")), code
        assert re.search("[一-鿿]", chinese.why), code


def _cases() -> list[tuple[str, str]]:
    return [(code, lang) for code in codes() if code not in WITHOUT for lang in LANGUAGES]


@pytest.mark.parametrize(("code", "lang"), _cases())
def test_the_example_earns_its_code_and_is_mended(
    code: str, lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained = explanation(code, lang)
    assert explained.bad is not None
    assert explained.mended is not None
    for example, expected in ((explained.bad, {code}), (explained.mended, set[str]())):
        folder = tmp_path / ("mended" if example is explained.mended else "bad")
        folder.mkdir()
        monkeypatch.chdir(folder)
        _write(folder, example)
        assert _found(example, lang) == expected, example.files().get(SCHEME)


def _write(folder: Path, example: Example) -> None:
    for name, text in example.files().items():
        if name.endswith("/"):
            (folder / name).mkdir()
        else:
            (folder / name).write_text(text, encoding="utf-8")


def _found(example: Example, lang: str) -> set[str]:
    """The codes that the example gives: by a check of its rules, by a run, or by its commands."""
    if example.file == SCHEME and not example.run and not any(name.endswith("/") for name in example.beside):
        return _checked(example)
    if example.file == SCHEME and not example.run:
        return _told("check", SCHEME)
    if example.file != COMMANDS:
        return _told("run", "--period", "2025-01", "--lang", lang)
    codes: set[str] = set()
    for command in example.text.splitlines():
        program, *arguments = command.split()
        assert program == "kpirules"
        codes |= _told(*arguments)
    return codes


def _checked(example: Example) -> set[str]:
    files = example.files()
    try:
        compile_scheme(SourceText(SCHEME, files[SCHEME]), Kept({name: text.encode() for name, text in files.items()}))
    except Fault as fault:
        return {diagnostic.code for diagnostic in fault.diagnostics}
    return set()


def _told(*arguments: str) -> set[str]:
    result = CliRunner().invoke(cli, arguments)
    codes = set(re.findall(r"\[(KPI\d+)\]", result.stderr))
    faulty = re.search(r"(error|错误)\[KPI", result.stderr)  # a warning ends no run
    assert bool(faulty) == bool(result.exit_code), result.output
    return codes
