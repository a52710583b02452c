"""The JSON Schema of plans as the types of the plan say it; run as a module, it writes `plan.schema.json`."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from kpirules.plan import encode, ir
from kpirules.plan.encode import FORMAT, NODE, TAGGED

FILE = Path(encode.__file__).with_name("plan.schema.json")

BASIC: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    Fraction: {"$ref": "#/$defs/fraction"},
    date: {"type": "string", "format": "date"},
}


def schema() -> dict[str, Any]:
    """The whole schema."""
    defs: dict[str, Any] = {"fraction": {"type": "string", "pattern": "^-?[0-9]+(/[1-9][0-9]*)?$"}}
    plan = _object(ir.Plan, defs)
    plan["required"].insert(0, "format")
    plan["properties"] = {"format": {"const": FORMAT}, **plan["properties"]}
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "plan of a scheme",
        "description": "A field that is left out has its default: missing, empty, false, 0, `away`.",
    }
    return {**head, **plan, "$defs": dict(sorted(defs.items()))}


def _object(kind: Any, defs: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401  # a dataclass
    hints = get_type_hints(kind)
    result = {field_.name: _of(hints[field_.name], defs) for field_ in fields(kind)}
    required = [
        field_.name for field_ in fields(kind) if field_.default is MISSING and field_.default_factory is MISSING
    ]
    if kind in TAGGED:
        result = {NODE: {"const": TAGGED[kind]}, **result}
        required.insert(0, NODE)
    return _closed(result, required)


def _closed(properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _of(hint: Any, defs: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401  # any type
    origin, args = get_origin(hint), get_args(hint)
    if hint == ir.Value:
        told = [_closed({name: BASIC[kind]}, [name]) for name, kind in (("number", Fraction), ("date", date))]
        return {"anyOf": [{"type": ["string", "boolean", "null"]}, *told]}
    if origin is types.UnionType:
        return {"anyOf": [{"type": "null"} if each is types.NoneType else _of(each, defs) for each in args]}
    if origin is tuple and args[1:] == (...,):
        return {"type": "array", "items": _of(args[0], defs)}
    if origin is tuple:
        return {
            "type": "array",
            "prefixItems": [_of(each, defs) for each in args],
            "items": False,
            "minItems": len(args),
        }
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _of(args[1], defs)}
    if is_dataclass(hint):
        name = str(getattr(hint, "__name__", hint))
        if name not in defs:
            defs[name] = {}
            defs[name] = _object(hint, defs)
        return {"$ref": f"#/$defs/{name}"}
    if issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    return BASIC[hint]


if __name__ == "__main__":
    FILE.write_text(json.dumps(schema(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
