"""`dataclass` as the standard library has it, but quick to make when frozen and slotted.

The standard library writes and compiles six methods for every frozen class, which takes half a millisecond. What
`check` needs has some 150 such classes, so that making them took longer than the check of a scheme. Here one method is
compiled, `__init__`, and that when it is first called; the others are made of parts that are compiled already. All else
is the library's own doing: `field`, `fields`, `replace`, patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    from collections.abc import Callable
    from functools import partial
    from operator import attrgetter

    def dataclass(
        *, frozen: bool = False, slots: bool = False, kw_only: bool = False, **others: bool
    ) -> Callable[[type], type]:
        """`dataclasses.dataclass`, and that itself where more is asked for than `frozen`, `slots` and `kw_only`."""
        if others or not (frozen and slots):
            return dataclasses.dataclass(frozen=frozen, slots=slots, kw_only=kw_only, **others)
        return partial(_made, kw_only=kw_only)

    def _made(cls: type, *, kw_only: bool) -> type:
        cls.__doc__ = cls.__doc__ or cls.__name__  # else the library works a signature out for one
        made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
        every = dataclasses.fields(made)
        made.__init__ = _first_init(made, every)
        made.__eq__, made.__hash__ = _identity([one.name for one in every if one.compare])
        made.__setattr__ = made.__delattr__ = _frozen
        made.__getstate__, made.__setstate__ = _get_state, _set_state
        if "__repr__" not in cls.__dict__:
            made.__repr__ = _repr
        return made

    def _first_init(cls: type, every: tuple[dataclasses.Field, ...]) -> Callable[..., None]:
        """An `__init__` that has the real one compiled when the first object is made: of many classes none is."""

        def __init__(self: object, *args: object, **kwargs: object) -> None:  # noqa: N807
            cls.__init__ = _init(cls, every)
            cls.__init__(self, *args, **kwargs)

        return __init__

    def _init(cls: type, every: tuple[dataclasses.Field, ...]) -> Callable[..., None]:
        names = {"missing": dataclasses.MISSING}
        params, keywords, lines = ["self"], [], []
        for one in every:
            name = one.name
            names[f"set_{name}"] = getattr(cls, name).__set__
            if one.default_factory is not dataclasses.MISSING:
                names[f"new_{name}"] = one.default_factory
                default, value = "=missing", f"new_{name}() if {name} is missing else {name}"
            elif one.default is not dataclasses.MISSING:
                names[f"default_{name}"] = one.default
                default, value = f"=default_{name}", name
            else:
                default, value = "", name
            if one.init:
                (keywords if one.kw_only else params).append(name + default)
                lines.append(f"set_{name}(self, {value})")
            elif default:
                lines.append(f"set_{name}(self, {f'new_{name}()' if f'new_{name}' in names else f'default_{name}'})")
        if hasattr(cls, "__post_init__"):
            lines.append("self.__post_init__()")
        head = ", ".join([*params, "*", *keywords] if keywords else params)
        exec(f"def __init__({head}):\n " + "\n ".join(lines or ["pass"]), names)  # noqa: S102  # names of fields, ours
        names["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
        return names["__init__"]

    def _identity(compared: list[str]) -> tuple[Callable[..., bool], Callable[..., int]]:
        """`__eq__` and `__hash__` by the values of some fields."""
        values = attrgetter(*compared) if compared else _nothing

        def __eq__(self: object, other: object) -> bool:  # noqa: N807
            return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

        def __hash__(self: object) -> int:  # noqa: N807
            return hash(values(self))

        return __eq__, __hash__

    def _nothing(_one: object) -> tuple[()]:
        return ()

    def _repr(self: object) -> str:
        shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
        return f"{type(self).__qualname__}({shown})"

    def _frozen(self: object, name: str, _value: object = None) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot change field {name!r} of {type(self).__qualname__}")

    def _get_state(self: object) -> list[object]:
        return [getattr(self, one.name) for one in dataclasses.fields(self)]

    def _set_state(self: object, state: list[object]) -> None:
        for one, value in zip(dataclasses.fields(self), state, strict=True):
            object.__setattr__(self, one.name, value)


__all__ = ["dataclass"]
