from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from lark import Lark
from lark.exceptions import GrammarError, LexError

from kpirules.syntax import grammar, words
from kpirules.syntax.parser import item_parser, parse_tables
from tests.syntax.samples import CHINESE, ENGLISH, sound

ITEM = 'define x by a\n    >= 1 : sum(b where c = "d")\n    else : 0\n'


@pytest.fixture
def cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache folder, and a parser that is not yet made."""
    monkeypatch.setenv("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("lark.lexer.has_interegular", False)  # its look for clashes is slow, and has a test of its own
    item_parser.item_parser.cache_clear()
    yield parse_tables.cached(item_parser.key())
    item_parser.item_parser.cache_clear()


def test_the_grammar_has_no_conflict_and_no_clash() -> None:
    item_parser.ItemParser.build(strict=True)


def test_the_strict_build_would_find_a_conflict_and_a_clash() -> None:
    options: dict[str, Any] = {"parser": "lalr", "lexer": "contextual", "strict": True, "postlex": item_parser.Blocks()}
    text = item_parser.source()
    twice = text.replace("?sum: product |", "?sum: product | sum sum |")
    assert twice != text
    with pytest.raises(GrammarError):
        Lark(twice, **options)
    with pytest.raises(LexError):
        Lark(text.replace("WHEN.2:", "WHEN.0:"), **options)


def test_the_tables_are_kept_and_used_again(cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = item_parser.item_parser().parse(ITEM)
    assert [path.name for path in cold.parent.iterdir()] == [cold.name]
    item_parser.item_parser.cache_clear()
    monkeypatch.setattr(item_parser.ItemParser, "build", None)
    assert item_parser.item_parser().parse(ITEM) == built


WRONG: list[Any] = [None, {}, [], {"data": {}, "memo": {}}, {"data": None}]


@pytest.mark.parametrize("damage", [b"", b"not a table", *map(parse_tables.encoded, WRONG)])
def test_damaged_tables_do_no_harm(cold: Path, damage: bytes) -> None:
    cold.parent.mkdir(parents=True)
    cold.write_bytes(damage)
    item_parser.item_parser().parse(ITEM)
    assert parse_tables.load(item_parser.key()).keys() == {"data", "memo"}


class Program:
    """Leaves a file when a pickle of it is read."""

    def __init__(self, ran: Path) -> None:
        self.ran = ran

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self.ran,)


def test_no_program_in_the_cache_runs(cold: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    program = pickle.dumps(Program(ran))
    cold.parent.mkdir(parents=True)
    for data in (program, f"{crc32(program):08x}\n".encode() + program, crc32(program).to_bytes(4, "big") + program):
        cold.write_bytes(data)
        item_parser.item_parser.cache_clear()
        item_parser.item_parser().parse(ITEM)
    assert not ran.exists()
    pickle.loads(program)  # noqa: S301  # our own, to show that it would act
    assert ran.exists(), "the program does nothing"


def test_tables_with_one_wrong_byte_are_not_read(cold: Path) -> None:
    item_parser.item_parser()
    good = cold.read_bytes()
    cold.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(ValueError, match=re.escape(cold.name)):
        parse_tables.load(item_parser.key())


def test_truncated_tables_do_no_harm(cold: Path) -> None:
    item_parser.item_parser()
    cold.write_bytes(cold.read_bytes()[:-100])
    item_parser.item_parser.cache_clear()
    item_parser.item_parser().parse(ITEM)


def test_a_cache_folder_that_cannot_be_made_does_no_harm(cold: Path) -> None:
    cold.parents[1].write_text("a file where the folder would be")
    item_parser.item_parser().parse(ITEM)


@pytest.mark.skipif(sys.platform == "win32", reason="a user's own folders are closed to others there")
@pytest.mark.parametrize("what", ["the file", "the folder"])
def test_tables_that_anybody_could_have_written_are_not_taken(cold: Path, what: str) -> None:
    item_parser.item_parser()
    (cold if what == "the file" else cold.parent).chmod(0o777)
    with pytest.raises(PermissionError):
        parse_tables.load(item_parser.key())
    item_parser.item_parser.cache_clear()
    item_parser.item_parser().parse(ITEM)


def test_many_at_once_do_no_harm(cold: Path) -> None:
    """Each of several cold starts builds the tables and puts them in their place in one step."""
    made = item_parser.ItemParser.build().tables()
    cold.parent.mkdir(parents=True)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: parse_tables.keep(item_parser.key(), made), range(24)))
    assert [path.name for path in cold.parent.iterdir()] == [cold.name]
    assert parse_tables.load(item_parser.key()).keys() == made.keys()


def test_a_user_without_a_home_is_no_harm(cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(_key: str) -> Path:
        message = "no home"
        raise RuntimeError(message)

    monkeypatch.setattr(parse_tables, "cached", homeless)
    item_parser.item_parser().parse(ITEM)
    assert not cold.exists()


def test_the_tables_depend_on_the_grammar_and_the_words(cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = item_parser.source()
    monkeypatch.setattr(item_parser, "source", lambda: text + "// more\n")
    assert parse_tables.cached(item_parser.key()) != cold


def test_the_grammar_of_the_package_goes_before_that_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, beside = tmp_path / "kpirules" / "_grammar", tmp_path / "grammar"
    monkeypatch.setattr(grammar, "__file__", str(tmp_path / "kpirules" / "syntax" / "grammar.py"))
    find = grammar.folder.__wrapped__
    with pytest.raises(FileNotFoundError, match=r"kpirules\.lark"):
        find()
    for place in (beside, inside):
        place.mkdir(parents=True)
        (place / "kpirules.lark").touch()
        with pytest.raises(FileNotFoundError) if place is beside else pytest.MonkeyPatch.context():
            find()
        (place / "words.toml").touch()
        assert find() == place


def test_parsing_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom kpirules.source import SourceText\nfrom kpirules.syntax.parse import parse\n"
        "parse(SourceText('a', 'subject t'))\nprint(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"pandas", "numpy", "duckdb", "pyarrow", "sqlglot", "jsonschema", "yaml"}
    assert not heavy & set(loaded)


def test_every_keyword_is_used_by_the_grammar_and_by_the_samples() -> None:
    text = grammar.read(grammar.GRAMMAR)
    sound(ENGLISH)
    for terminal, word in words.keywords().items():
        assert terminal in text, terminal
        first = word.english.split()[0]
        assert first in ENGLISH, first
        assert any(spelling.split()[0] in CHINESE for spelling in word.chinese), word
