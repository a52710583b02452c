"""A frozen, slotted class of ours behaves as the standard library's does."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

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
    record = point(1)
    assert (record.x, record.y, record.where, record.tags, record.twice) == (1, 2, "here", [], 2)
    assert point(1).tags is not record.tags
    assert repr(record).endswith("Point(x=1, y=2, tags=[], twice=2)")
    assert repr(empty()).endswith("Empty()")
    assert named(5, name="n").twice == 10
    assert [field.name for field in dataclasses.fields(named)] == ["x", "y", "where", "tags", "twice", "name"]
    assert dataclasses.replace(record, y=7).y == 7
    assert point.__match_args__ == ("x", "y", "where", "tags")


@both
def test_a_field_may_be_called_self(dataclass: Makes) -> None:
    @dataclass(frozen=True, slots=True)
    class Odd:
        self: int

    assert dataclasses.astuple(Odd(self=1)) == (1,)


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
    record = point(1)
    faults = (dataclasses.FrozenInstanceError, TypeError)  # the library's own raises the second for a new name
    for name in ("x", "new"):
        with pytest.raises(faults):
            setattr(record, name, 2)
    with pytest.raises(faults):
        del record.x
    assert not hasattr(record, "__dict__")


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
    record = _classes(dataclass)[0](1)
    assert copy.deepcopy(record) == copy.copy(record) == record


@records.dataclass(frozen=True, slots=True)
class Kept:
    x: int


@dataclasses.dataclass(frozen=True)
class Shape:
    """A field as drawn: its default is None (it has none), `value` or `factory`."""

    name: str
    default: str | None
    init: bool
    compare: bool
    repr: bool
    hash: bool | None
    kw_only: bool


NAMES = ("a", "b", "missing", "self", "cls", "object", "new_a", "set_a", "default_a")
SHAPES = st.builds(
    Shape,
    st.sampled_from(NAMES),
    st.sampled_from([None, "value", "factory"]),
    *[st.booleans()] * 3,
    st.sampled_from([None, True, False]),
    st.booleans(),
)
"""Among the names are those that a maker of `__init__` might use for itself."""


def _made(dataclass: Makes, shapes: list[Shape], base: type, *, kw_only: bool) -> Any:  # noqa: ANN401  # a class
    body: dict[str, Any] = {"__annotations__": dict.fromkeys((shape.name for shape in shapes), "int")}
    defaults: dict[str | None, dict[str, Any]] = {"value": {"default": 7}, "factory": {"default_factory": lambda: 8}}
    for shape in shapes:
        told: dict[str, Any] = {"init": shape.init, "compare": shape.compare, "repr": shape.repr, "hash": shape.hash}
        told |= {"kw_only": True} if shape.kw_only else {}
        body[shape.name] = dataclasses.field(**told, **defaults.get(shape.default, {}))
    kind = types.new_class("Made", (base,) if base is not object else (), exec_body=lambda space: space.update(body))
    return dataclass(frozen=True, slots=True, kw_only=kw_only)(kind)


def _tried(work: Callable[[], Any]) -> Any:  # noqa: ANN401  # whatever comes of it
    try:
        return work()
    except (TypeError, AttributeError, ValueError) as error:
        return type(error)


def _all_of(kind: Any, args: list[int], kwargs: dict[str, int]) -> list[Any]:  # noqa: ANN401  # a class
    """What can be seen of a class, and of an object and another one of it."""
    tried = _tried(lambda: kind(*args, **kwargs))
    if isinstance(tried, type):
        return [kind.__match_args__, tried]
    other = kind(*[3 for _ in args], **kwargs)
    return [
        kind.__match_args__,
        kind.__slots__,
        [(spec.name, spec.init, spec.compare, spec.repr, spec.kw_only) for spec in dataclasses.fields(kind)],
        _tried(lambda: repr(tried)),
        _tried(lambda: tried == kind(*args, **kwargs)),
        _tried(lambda: tried == other),
        _tried(lambda: hash(tried) == hash(kind(*args, **kwargs))),
        _tried(lambda: hash(tried) == hash(other)),
        _tried(lambda: repr(dataclasses.replace(tried, **dict.fromkeys(kwargs, 5)))),
        _tried(lambda: repr(copy.copy(tried))),
        _tried(lambda: dataclasses.astuple(copy.deepcopy(tried))),
        _tried(tried.__getstate__),
    ]


@given(
    above=st.lists(SHAPES, max_size=3, unique_by=lambda shape: shape.name),
    below=st.lists(SHAPES, max_size=3, unique_by=lambda shape: shape.name),
    kw_only=st.tuples(st.booleans(), st.booleans()),
    args=st.lists(st.integers(0, 2), max_size=4),
    kwargs=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2), max_size=4),
)
@settings(deadline=None, max_examples=400)
def test_any_class_is_made_alike(
    above: list[Shape], below: list[Shape], kw_only: tuple[bool, bool], args: list[int], kwargs: dict[str, int]
) -> None:
    def both_of(dataclass: Makes) -> Any:  # noqa: ANN401  # two classes
        upper = _made(dataclass, above, object, kw_only=kw_only[0])
        return upper, _made(dataclass, below, upper, kw_only=kw_only[1])

    theirs = _tried(lambda: both_of(dataclasses.dataclass))
    assume(not isinstance(theirs, type))
    for ours, other in zip(both_of(records.dataclass), theirs, strict=True):
        assert _all_of(ours, args, kwargs) == _all_of(other, args, kwargs)


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


def test_methods_of_a_classs_own_are_not_passed_over() -> None:
    with pytest.raises(AssertionError):

        @records.dataclass(frozen=True, slots=True)
        class Odd:
            x: int

            def __eq__(self, _other: object) -> bool:
                return True

            def __hash__(self) -> int:
                return 0


@pytest.mark.parametrize("room", ["source", "values", "syntax", "model", "plan"])
def test_what_check_needs_takes_its_classes_from_here(room: str) -> None:
    """The standard library's own would make it start slowly."""
    folder = Path(records.__file__).parent / room
    taken = [
        path.name for path in folder.rglob("*.py") if re.search(THEIRS, path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert taken == [], "write `from kpirules.records import dataclass`"
