"""Plans as JSON and back, by the types of `ir`: a field is left out where it has its default.

A fraction is a text (`"3/10"`), a date is in ISO form, and of the kinds of scalars and steps the key `node` says which
it is. A constant's value says what it is unless it is a text, a bool or missing: `{"number": "3/10"}`,
`{"date": "2025-01-01"}`. `plan.schema.json` is the form in full.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from kpirules.plan.ir import Const, Plan, Scalar, Step, Value
from kpirules.source.recursion import room

FORMAT = 3
NODE = "node"
"""The key that says which kind of scalar or step an object is."""
TAGGED: dict[type, str] = {kind: kind.__name__.lower() for kind in (*get_args(Scalar), *get_args(Step))}
"""The kinds of scalars and steps, and their names."""


def to_json(plan: Plan) -> dict[str, Any]:
    """A plan as data that `json.dumps` takes; see `plan.schema.json`."""
    with room():
        return {"format": FORMAT, **_object(plan)}


def from_json(data: Mapping[str, Any]) -> Plan:
    """The plan that `to_json` made the data of.

    Raises:
        ValueError: the data has another format, or is not in the form of `plan.schema.json`.
    """
    if data.get("format") != FORMAT:
        raise ValueError(f"not a plan of format {FORMAT}: {data.get('format')!r}")
    try:
        with room():
            plan = _read({key: value for key, value in data.items() if key != "format"}, Plan)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a plan: {error!r}") from None
    assert isinstance(plan, Plan)
    return plan


# ---------------------------------------------------------------- out


def _object(node: Any) -> dict[str, Any]:  # noqa: ANN401  # any dataclass of the plan
    kind = type(node)
    written: dict[str, Any] = {NODE: TAGGED[kind]} if kind in TAGGED else {}
    for field in fields(node):
        value = getattr(node, field.name)
        if not _is_default(field, value):
            written[field.name] = _value(value) if kind is Const and field.name == "value" else _plain(value)
    return written


def _plain(value: Any) -> Any:  # noqa: ANN401  # any value of the plan, any value of JSON
    match value:
        case Enum():
            return value.value
        case Fraction():
            return str(value)
        case date():
            return value.isoformat()
        case tuple():
            return [_plain(part) for part in value]
        case Mapping():
            return {key: _plain(part) for key, part in value.items()}
        case _:
            return _object(value) if is_dataclass(value) else value


def _value(value: Value) -> Any:  # noqa: ANN401  # any value of JSON
    match value:
        case Fraction():
            return {"number": str(value)}
        case date():
            return {"date": value.isoformat()}
        case _:
            return value


def _is_default(field: Field[Any], value: object) -> bool:
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    return type(value) is type(default) and value == default


# ---------------------------------------------------------------- in


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(data: Any, hint: Any) -> Any:  # noqa: ANN401  # any value of JSON, any type, any value of the plan
    """The value of a type that the data stands for."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return None if data is None else _read(data, _member(data, args))
    if origin is tuple:
        hints = args[:1] * len(data) if args[1:] == (...,) else args
        return tuple(_read(part, inner) for part, inner in zip(data, hints, strict=True))
    if origin is Mapping:
        return {key: _read(part, args[1]) for key, part in data.items()}
    if is_dataclass(hint):
        return _made(data, hint)
    if hint is date:
        return date.fromisoformat(data)
    if hint is Fraction or issubclass(hint, Enum):
        return hint(data)
    if type(data) is not hint:
        raise TypeError(data)
    return data


def _member(data: Any, args: tuple[Any, ...]) -> Any:  # noqa: ANN401  # as `_read`
    """Which type of a union the data is of: its own, by its `node`, or the only one that is not None."""
    if type(data) in args:
        return type(data)
    members = [kind for kind in args if kind is not types.NoneType]
    return members[0] if len(members) == 1 else {TAGGED[kind]: kind for kind in members}[data[NODE]]


def _made(data: Mapping[str, Any], kind: Any) -> Any:  # noqa: ANN401  # as `_read`
    hints = _hints(kind)
    given = {name: part for name, part in data.items() if name != NODE}
    if kind is Const:
        return Const(_constant(given["value"]), _read(given["type"], hints["type"]))
    return kind(**{name: _read(part, hints[name]) for name, part in given.items()})


def _constant(data: Any) -> Value:  # noqa: ANN401  # any value of JSON
    match data:
        case {"number": str(number)}:
            return Fraction(number)
        case {"date": str(day)}:
            return date.fromisoformat(day)
        case None | bool() | str():
            return data
        case _:
            raise TypeError(data)
