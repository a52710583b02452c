"""A frozen, slotted class of ours behaves as the standard library's does."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kpirules import records

THEIRS = r"^from dataclasses import .*\bdataclass\b"

Makes = Callable[..., Any]


def _classes(dataclass: Makes) -> tuple[Any, Any, Any]:
    @dataclass(frozen=True, slots=True)
    class Point:
        x: int
        y: int = 2
        where: str = dataclasses.field(default="here", compare=False, repr=False)
        tags: list[str] = dataclasses.field(default_factory=list)
        twice: int = dataclasses.field(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "twice", 2 * self.x)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Named(Point):
        name: str

    @dataclass(frozen=True, slots=True)
    class Empty:
        """Nothing."""

    return Point, Named, Empty


both = pytest.mark.parametrize("dataclass", [records.dataclass, dataclasses.dataclass], ids=["ours", "theirs"])


@both
def test_values_and_defaults(dataclass: Makes) -> None:
    point, named, empty = _classes(dataclass)
    one = point(1)
    assert (one.x, one.y, one.where, one.tags, one.twice) == (1, 2, "here", [], 2)
    assert point(1).tags is not one.tags
    assert repr(one).endswith("Point(x=1, y=2, tags=[], twice=2)")
    assert repr(empty()).endswith("Empty()")
    assert named(5, name="n").twice == 10
    assert [field.name for field in dataclasses.fields(named)] == ["x", "y", "where", "tags", "twice", "name"]
    assert dataclasses.replace(one, y=7).y == 7
    assert point.__match_args__ == ("x", "y", "where", "tags")


@both
def test_equal_by_what_is_compared(dataclass: Makes) -> None:
    point, named, empty = _classes(dataclass)
    assert point(1, where="a") == point(1, where="b")
    assert point(1) != point(2)
    assert point(1) != (1, 2)
    assert point(5) != named(5, name="n")
    assert hash(point(1, 2, "a", ())) == hash(point(1, 2, "b", ()))
    assert {empty(): 1}[empty()] == 1
    with pytest.raises(TypeError):
        hash(point(1))  # a list has no hash


@both
def test_nothing_can_be_changed(dataclass: Makes) -> None:
    point, _, _ = _classes(dataclass)
    one = point(1)
    faults = (dataclasses.FrozenInstanceError, TypeError)  # the library's own raises the second for a new name
    for name in ("x", "new"):
        with pytest.raises(faults):
            setattr(one, name, 2)
    with pytest.raises(faults):
        del one.x
    assert not hasattr(one, "__dict__")


@both
def test_wrong_arguments_are_refused(dataclass: Makes) -> None:
    point, named, _ = _classes(dataclass)
    for call in (
        point,
        lambda: point(1, twice=2),
        lambda: point(1, nothing=2),
        lambda: named(1, 2, "", [], "n"),
    ):
        with pytest.raises(TypeError):
            call()


@both
def test_copies(dataclass: Makes) -> None:
    one = _classes(dataclass)[0](1)
    assert copy.deepcopy(one) == copy.copy(one) == one


@records.dataclass(frozen=True, slots=True)
class Kept:
    x: int


def test_pickled() -> None:
    assert pickle.loads(pickle.dumps(Kept(3))) == Kept(3)  # noqa: S301  # what we have just written


def test_more_is_the_librarys_own() -> None:
    @records.dataclass(frozen=True, slots=True, order=True)
    class Ordered:
        x: int

    @records.dataclass(slots=True)
    class Loose:
        x: int

    assert Ordered(1) < Ordered(2)
    loose = Loose(1)
    loose.x = 2
    assert loose == Loose(2)


@pytest.mark.parametrize("room", ["source", "values", "syntax", "model", "plan"])
def test_what_check_needs_takes_its_classes_from_here(room: str) -> None:
    """The standard library's own would make it start slowly."""
    folder = Path(records.__file__).parent / room
    taken = [
        path.name for path in folder.rglob("*.py") if re.search(THEIRS, path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert taken == [], "write `from kpirules.records import dataclass`"
