"""`dataclass` as the standard library has it, but quick to make when frozen and slotted.

The standard library writes and compiles six methods for every frozen class, which takes half a millisecond. What
`check` needs has some 150 such classes, so that making them took longer than the check of a scheme. Here one method is
compiled, `__init__`, and that when it is first called; the others are made of parts that are compiled already. All else
is the library's own doing: `field`, `fields`, `replace`, patterns. Of the methods made here, a class may bring a
`__repr__` of its own, and none else.
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

    _METHODS = {"__init__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__getstate__", "__setstate__"}

    def _made(cls: type, *, kw_only: bool) -> type:
        assert not _METHODS & cls.__dict__.keys(), cls
        cls.__doc__ = cls.__doc__ or cls.__name__  # else the library works a signature out for one
        made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
        every = dataclasses.fields(made)
        made.__init__ = _first_init(made, every)
        made.__eq__, made.__hash__ = _identity(every)
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
        # what is not a field's name begins in a way that no field's name does
        names = {"made_missing": dataclasses.MISSING}
        params, keywords, lines = ["made_self"], [], []
        for one in every:
            name = one.name
            names[f"made_set_{name}"] = getattr(cls, name).__set__
            made, default = name, ""
            if one.default_factory is not dataclasses.MISSING:
                names[f"made_new_{name}"] = one.default_factory
                default = "=made_missing"
                made = f"made_new_{name}() if {name} is made_missing else {name}" if one.init else f"made_new_{name}()"
            elif one.default is not dataclasses.MISSING:
                names[f"made_default_{name}"] = one.default
                default = f"=made_default_{name}"
                made = name if one.init else f"made_default_{name}"
            if one.init:
                (keywords if one.kw_only else params).append(name + default)
            if one.init or default:
                lines.append(f"made_set_{name}(made_self, {made})")
        if hasattr(cls, "__post_init__"):
            lines.append("made_self.__post_init__()")
        head = ", ".join([*params, "*", *keywords] if keywords else params)
        exec(f"def __init__({head}):\n " + "\n ".join(lines or ["pass"]), names)  # noqa: S102  # names of fields, ours
        names["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
        return names["__init__"]

    def _identity(every: tuple[dataclasses.Field, ...]) -> tuple[Callable[..., bool], Callable[..., int]]:
        """`__eq__` and `__hash__` by the values of some fields."""
        compared = _values([one.name for one in every if one.compare])
        hashed = _values([one.name for one in every if (one.compare if one.hash is None else one.hash)])

        def __eq__(self: object, other: object) -> bool:  # noqa: N807
            return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

        def __hash__(self: object) -> int:  # noqa: N807
            return hash(hashed(self))

        return __eq__, __hash__

    def _values(names: list[str]) -> Callable[[object], object]:
        return attrgetter(*names) if names else _nothing

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
