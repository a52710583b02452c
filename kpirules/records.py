"""`dataclass` as the standard library has it, but quick to make when frozen and slotted.

The standard library writes and compiles six methods for every frozen class, which takes half a millisecond. What
`check` needs has some 150 such classes, so that making them took longer than the check of a scheme. Here one method is
compiled, `__init__`, once for all classes of one shape, when one is first called; the others are made of parts that are
compiled already. All else is the library's own doing: `field`, `fields`, `replace`, patterns. Of the methods made here,
a class may bring a `__repr__` of its own, and none else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    from collections.abc import Callable
    from functools import cache, partial
    from operator import attrgetter
    from types import CodeType, FunctionType

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
        made = _of_plain_types(
            cls, dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)
        )
        every = dataclasses.fields(made)
        made.__init__ = _first_init(made, every)
        made.__eq__, made.__hash__ = _identity(every)
        made.__setattr__ = made.__delattr__ = _frozen
        made.__getstate__, made.__setstate__ = _get_state, _set_state
        if "__repr__" not in cls.__dict__:
            made.__repr__ = _repr
        return made

    def _of_plain_types(cls: type, make: Callable[[type], type]) -> type:
        """The class as `make` makes it, which must not look for words of its own in the types: there are none."""
        types = cls.__annotations__
        assert not any("ClassVar" in said or "InitVar" in said or "KW_ONLY" in said for said in types.values()), cls
        cls.__annotations__ = dict.fromkeys(types, object)
        made = make(cls)
        made.__annotations__ = types
        for each in dataclasses.fields(made):
            each.type = types.get(each.name, each.type)
        return made

    def _first_init(cls: type, every: tuple[dataclasses.Field, ...]) -> Callable[..., None]:
        """An `__init__` that has the real one compiled when the first object is made: of many classes none is."""

        def __init__(self: object, /, *args: object, **kwargs: object) -> None:  # noqa: N807
            cls.__init__ = _init(cls, every)
            cls.__init__(self, *args, **kwargs)

        return __init__

    def _init(cls: type, every: tuple[dataclasses.Field, ...]) -> Callable[..., None]:
        """The `__init__` of its shape, with the names, the defaults and the slots of a class."""
        given = [nth for nth, each in enumerate(every) if each.init and not each.kw_only]
        keywords = [nth for nth, each in enumerate(every) if each.init and each.kw_only]
        code = _shape(tuple(given), tuple(keywords), tuple(map(_kind, every)), post=hasattr(cls, "__post_init__"))
        names: dict[str, object] = {"missing": dataclasses.MISSING}
        for nth, each in enumerate(every):
            names[f"set{nth}"] = getattr(cls, each.name).__set__
            names[f"new{nth}"] = each.default_factory if _kind(each) in _NEW else each.default
        varnames = ("made_self", *(every[nth].name for nth in (*given, *keywords)))
        made = FunctionType(code.replace(co_varnames=varnames), names, "__init__")
        defaults = {every[nth].name: every[nth].default for nth in (*given, *keywords) if _has_default(every[nth])}
        optional = [every[nth].name for nth in given if every[nth].name in defaults]
        assert optional == [every[nth].name for nth in given[len(given) - len(optional) :]], cls
        made.__defaults__ = tuple(defaults[name] for name in optional)
        made.__kwdefaults__ = {name: defaults[name] for name in varnames if name in defaults and name not in optional}
        made.__qualname__ = f"{cls.__qualname__}.__init__"
        return made

    _NEW = ("made", "new")

    def _kind(each: dataclasses.Field) -> str:
        """What sets a field: what is given, or made where nothing is; else a new value, its default, or nothing."""
        if each.default_factory is not dataclasses.MISSING:
            return "made" if each.init else "new"
        return "given" if each.init else "fixed" if _has_default(each) else ""

    def _has_default(each: dataclasses.Field) -> bool:
        return each.default is not dataclasses.MISSING or each.default_factory is not dataclasses.MISSING

    _SET = {
        "given": "set{0}(made_self, p{0})",
        "made": "set{0}(made_self, new{0}() if p{0} is missing else p{0})",
        "new": "set{0}(made_self, new{0}())",
        "fixed": "set{0}(made_self, new{0})",
    }

    @cache
    def _shape(given: tuple[int, ...], keywords: tuple[int, ...], kinds: tuple[str, ...], *, post: bool) -> CodeType:
        """The code of an `__init__`, compiled once for all classes that are alike but for their names."""
        lines = [_SET[kind].format(nth) for nth, kind in enumerate(kinds) if kind]
        lines += ["made_self.__post_init__()"] if post else []
        params = ["made_self", *(f"p{nth}" for nth in given), *(["*"] if keywords else [])]
        head = ", ".join([*params, *(f"p{nth}" for nth in keywords)])
        made: dict[str, FunctionType] = {}
        exec(f"def made({head}):\n " + "\n ".join(lines or ["pass"]), made)  # noqa: S102  # numbers, ours
        return made["made"].__code__.replace(co_name="__init__")

    def _identity(every: tuple[dataclasses.Field, ...]) -> tuple[Callable[..., bool], Callable[..., int]]:
        """`__eq__` and `__hash__` by the values of some fields."""
        compared = _values([each.name for each in every if each.compare])
        hashed = _values([each.name for each in every if (each.compare if each.hash is None else each.hash)])

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
        shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in dataclasses.fields(self) if each.repr)
        return f"{type(self).__qualname__}({shown})"

    def _frozen(self: object, name: str, _value: object = None) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot change field {name!r} of {type(self).__qualname__}")

    def _get_state(self: object) -> list[object]:
        return [getattr(self, each.name) for each in dataclasses.fields(self)]

    def _set_state(self: object, state: list[object]) -> None:
        for each, value in zip(dataclasses.fields(self), state, strict=True):
            object.__setattr__(self, each.name, value)


__all__ = ["dataclass"]
