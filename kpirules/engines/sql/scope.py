"""The columns of one relation in the making: a column may read those made before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from sqlglot import exp

from kpirules.engines.schema import Schema
from kpirules.engines.sql import build
from kpirules.engines.sql.build import Node
from kpirules.engines.sql.dialect import Dialect
from kpirules.plan.ir import Value
from kpirules.values.types import Digits


class Names:
    """Identifiers for a plan's names, apart even where an engine takes no notice of upper and lower case."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def __call__(self, name: str) -> str:
        """The identifier of a name: itself, unless it is taken."""
        if name not in self._given:
            self._given[name] = name if name.casefold() not in self._taken else self._free(name)
            self._taken.add(self._given[name].casefold())
        return self._given[name]

    def fresh(self, stem: str) -> str:
        """An identifier of its own, made from a name."""
        given = self._free(stem)
        self._taken.add(given.casefold())
        return given

    def _free(self, stem: str) -> str:
        return next(name for nth in count(1) if (name := f"{stem}${nth}").casefold() not in self._taken)


@dataclass(slots=True)
class Scope:
    """What scalars of one relation are lowered in.

    `schema` has the columns in reach, `steps` those made here, by identifier. `stem` begins the names of columns made
    for an operand that is needed more than once. `guard`, a column's own condition, says where such a column is worked
    out at all: what no branch takes must not be computed through a shared column. `nesting` says, by its id, how deep
    a scalar that was lowered stands nested.
    """

    names: Names
    dialect: Dialect
    params: Mapping[str, Value]
    schema: Schema
    stem: str
    guard: Node | None = None
    steps: dict[str, Node] = field(default_factory=dict)
    nesting: dict[int, float] = field(default_factory=dict)

    def column(self, name: str) -> exp.Column:
        """The column of a plan's name."""
        return build.column(self.names(name))

    def add(self, name: str, node: Node) -> None:
        """Add the column of a plan's name; null where the guard does not hold."""
        self._add(self.names(name), node)

    def _add(self, identifier: str, node: Node) -> None:
        if self.guard is not None:
            node = build.case([(self.guard, node)])
        self.steps[identifier] = node

    def keep(self, node: Node, digits: Digits | None = None) -> Node:
        """The node as something that can be said again at no cost: a column, or itself where it is one or a constant.

        `digits` are what a number is cast to.
        """
        if isinstance(node, exp.Column) or not node.find(exp.Column):
            return node
        identifier = self.names.fresh(self.stem)
        self._add(identifier, build.cast(node, digits) if digits else node)
        return build.column(identifier)

    @contextmanager
    def when(self, condition: Node) -> Iterator[None]:
        """Within, columns are worked out only where `condition` holds too."""
        before = self.guard
        self.guard = condition if before is None else build.every([before, condition])
        try:
            yield
        finally:
            self.guard = before
