"""A scheme of several files reads as one: each file once, every fault in its own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpirules.source import Diagnostic, SourceText
from kpirules.source.files import Folder, Kept
from kpirules.syntax import ast
from kpirules.syntax.used_files import Parsed, parse_files


def read(main: str, **files: str) -> Parsed:
    """A scheme `rules/a.kpi`, and the files it uses by name, `_` for a dot and `__` for a slash."""
    named = {name.replace("__", "/").replace("_", ".") + ".kpi": text.encode() for name, text in files.items()}
    return parse_files(SourceText("rules/a.kpi", main), Kept(named))


def names(parsed: Parsed) -> list[str]:
    return [item.name.text for item in parsed.file.items if isinstance(item, ast.Define)]


def told(parsed: Parsed) -> list[tuple[str, str]]:
    return [(fault.code, fault.span.where if fault.span else "") for fault in parsed.faults]


def test_items_stand_where_use_stands() -> None:
    parsed = read('define a = 1\nuse "b.kpi"\ndefine d = 4', b='define b = 2\nuse "c.kpi"', c="define c = 3")
    assert names(parsed) == ["a", "b", "c", "d"]
    assert list(parsed.texts) == ["a.kpi", "b.kpi", "c.kpi"]
    assert [text.name for text in parsed.texts.values()] == ["rules/a.kpi", "rules/b.kpi", "rules/c.kpi"]
    assert [item.span.source.name for item in parsed.file.items] == [
        "rules/a.kpi",
        "rules/b.kpi",
        "rules/c.kpi",
        "rules/a.kpi",
    ]


def test_a_file_used_twice_is_read_once() -> None:
    parsed = read('use "b.kpi"\nuse "c.kpi"\nuse "x/../b.kpi"', b="define b = 2", c='use "b.kpi"\nuse "./b.kpi"')
    assert (names(parsed), parsed.faults) == (["b"], ())


def test_a_path_starts_at_the_folder_of_the_file_that_has_it() -> None:
    parsed = read("引入 “sub/b.kpi”", sub__b='use "c.kpi"\nuse "../d.kpi"', sub__c="define c = 3", d="define d = 4")
    assert (names(parsed), parsed.faults) == (["c", "d"], ())


@pytest.mark.parametrize(
    "path",
    ["/b.kpi", "C:/b.kpi", "c:b.kpi", "~/b.kpi", "//host/b.kpi", "x\\b.kpi", "b", "b.txt", "", ".kpi", "x/", "b\0.kpi"],
)
def test_only_rule_files_below_or_beside_are_read(path: str) -> None:
    class Untouched(Kept):
        def read(self, name: str) -> bytes:
            raise AssertionError(name)

    parsed = parse_files(SourceText("a.kpi", f'use "{path}"'), Untouched({}))
    assert [fault.code for fault in parsed.faults] == ["KPI109" if "\0" in path else "KPI231"]
    assert all(fault.helps for fault in parsed.faults if fault.code == "KPI231")


def test_files_in_a_circle() -> None:
    parsed = read('use "b.kpi"', b='use "c.kpi"\ndefine b = 1', c='use "b.kpi"\ndefine c = 1')
    assert told(parsed) == [("KPI234", "rules/c.kpi:1:5")]
    assert parsed.faults[0].args == {"circle": "rules/b.kpi → rules/c.kpi → rules/b.kpi"}
    assert [label.span.where for label in parsed.faults[0].labels] == ["rules/b.kpi:1:1", "rules/c.kpi:1:1"]
    assert names(parsed) == ["c", "b"]


def test_a_file_that_uses_itself() -> None:
    assert told(read('use "a.kpi"')) == [("KPI234", "rules/a.kpi:1:5")]


def test_a_circle_by_way_of_the_folder_above(tmp_path: Path) -> None:
    (tmp_path / "east").mkdir()
    (tmp_path / "common.kpi").write_text('use "east/a.kpi"', encoding="utf-8")
    main = SourceText("east/a.kpi", 'use "../common.kpi"')
    parsed = parse_files(main, Folder(tmp_path / "east"))
    assert told(parsed) == [("KPI234", "common.kpi:1:5")]
    assert list(parsed.texts) == ["a.kpi", "../common.kpi"]


def test_faults_of_every_file_are_told_by_file_and_place() -> None:
    parsed = read(
        'define z 1\nuse "b.kpi"\nuse "c.kpi"\ndefine y 1', b="define x 1", c="scheme s\n    version 1\ndefine v 1"
    )
    assert told(parsed) == [
        ("KPI101", "rules/a.kpi:1:10"),
        ("KPI101", "rules/a.kpi:4:10"),
        ("KPI101", "rules/b.kpi:1:10"),
        ("KPI101", "rules/c.kpi:2:13"),
        ("KPI101", "rules/c.kpi:3:10"),
    ]
    assert parsed.file.broken >= {"x", "y", "z", "v"}


def test_a_chain_may_be_long() -> None:
    long = {f"f{i}.kpi": f'use "f{i + 1}.kpi"\ndefine d{i} = {i}'.encode() for i in range(3000)}
    long["f3000.kpi"] = b"define last = 1"
    parsed = parse_files(SourceText("a.kpi", 'use "f0.kpi"'), Kept(long))
    assert parsed.faults == ()
    assert len(parsed.file.items) == 3001


def test_a_file_that_is_not_there_names_what_is(tmp_path: Path) -> None:
    for name in ("grades.kpi", "pay.kpi", "notes.txt"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "folder.kpi").mkdir()

    def fault(written: str) -> Diagnostic:
        parsed = parse_files(SourceText("a.kpi", f'use "{written}"'), Folder(tmp_path))
        assert parsed.file.partial
        (only,) = parsed.faults
        return only

    assert [(note.key, note.args) for note in fault("grade.kpi").helps] == [("similar", {"similar": "grades.kpi"})]
    assert [(note.key, note.args) for note in fault("other.kpi").helps] == [
        ("some", {"some": ["grades.kpi", "pay.kpi"]})
    ]
    assert [fault(name).code for name in ("pay.kpi/x.kpi", "x/y.kpi", "folder.kpi")] == ["KPI230", "KPI230", "KPI232"]
    assert fault("n" * 5000 + ".kpi").code == "KPI232"
    assert fault("folder.kpi").message("zh").endswith("它是一个文件夹")
    assert fault("n" * 5000 + ".kpi").message("zh").endswith("名字太长")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "b.kpi").write_bytes(b"define x = 1 # \xff")
    parsed = parse_files(SourceText("a.kpi", 'use "b.kpi"\ndefine y = 1'), Folder(tmp_path))
    assert [(fault.code, fault.args) for fault in parsed.faults] == [
        ("KPI233", {"path": "b.kpi", "line": 1, "column": 16})
    ]
    (tmp_path / "b.kpi").write_bytes("\ufeffdefine x = 1".encode())
    assert names(parse_files(SourceText("a.kpi", 'use "b.kpi"'), Folder(tmp_path))) == ["x"]
