"""What a row's value is divided by, so that the divisor can leave an aggregate and nothing need be rounded.

A divisor that is a constant, or the subject's own, is the same in all rows of a group. Rows whose values are taken from
several branches come to the divisor that these have in common.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from math import lcm

from kpirules.model.expr import (
    Agg,
    As,
    Bin,
    Builtin,
    By,
    Choose,
    Col,
    Cond,
    Curve,
    Expr,
    Fallback,
    Fn,
    Limited,
    Lit,
    Lookup,
    Neg,
    Over,
    Own,
    Skip,
    Tiers,
    Val,
)
from kpirules.model.operations import fitting
from kpirules.model.traversal import children, known, rebased, values_in
from kpirules.model.workspace import Workspace
from kpirules.records import dataclass
from kpirules.source import Label, Note, Span
from kpirules.syntax import words
from kpirules.values import groups, types
from kpirules.values.operation_table import function
from kpirules.values.rounding import decimal_places
from kpirules.values.types import Digits, TooWide
from kpirules.values.units import Unit

_MOST_PLACES = 6
"""The places that a help keeps of a quotient: the fourth of a percent."""


@dataclass(frozen=True, slots=True)
class _Split:
    """A value as a numerator over `constant` times `factors`.

    The factors are positive decimals of the subject, each as often as it divides. `num` are the digits of the
    numerator. `mixed` is set where branches of other divisors have been brought to this.
    """

    num: Digits
    constant: int = 1
    factors: tuple[Expr, ...] = ()
    mixed: bool = False

    def times(self, more: Iterable[Expr], constant: int = 1) -> _Split:
        """The same over further divisors, the numerator as it is."""
        return replace(self, constant=self.constant * constant, factors=(*self.factors, *more))


def of_one_divisor(ws: Workspace, owner: tuple[str, ...], arg: Expr, span: Span) -> Expr:
    """The value that an aggregate at `span` counts of each row, with the same divisor in all rows of a subject.

    `owner` are the references that lead from a row to the subject.

    Raises:
        Skip: its divisor differs from row to row (KPI319), or what its branches have in common is too long (KPI305).
    """
    if arg.type.over is None or arg.type.presumed:
        return arg
    try:
        split = _Divisors(ws, owner, span).split(arg, ())
        if not split.mixed:
            return arg
        divisor = _product(split, arg.span)
        digits = divisor.type.sides[0]
        low, high = arg.type.bounds
        num = replace(split.num, bound=min(split.num.bound, max(-low, high) * digits.bound))
        made = groups.brought_to(arg.type, num, digits)
    except TooWide as wide:
        raise fitting.unproved(ws, wide, span, (arg,)) from None
    return Over(arg, divisor, type=made, span=arg.span)


def _product(split: _Split, span: Span) -> Expr:
    value = Fraction(split.constant)
    made: Expr = Lit(value, type=types.constant(Unit.NUMBER, value), span=span)
    for factor in split.factors:
        made = Bin("*", made, factor, type=types.multiply(made.type, factor.type, Unit.NUMBER), span=span)
    return made


# ---------------------------------------------------------------- numerators


def _times(a: Digits, b: Digits) -> Digits:
    return Digits(a.scale + b.scale, a.bound * b.bound)


def _more(a: Digits, constant: int, factors: Iterable[Expr]) -> Digits:
    """A numerator times what its divisor lacks."""
    sides = [Digits(0, Fraction(constant)), *(factor.type.sides[0] for factor in factors)]
    return reduce(_times, sides, a)


def _without(factors: tuple[Expr, ...], less: tuple[Expr, ...]) -> tuple[Expr, ...]:
    left = list(less)
    return tuple(factor for factor in factors if factor not in left or left.remove(factor))  # type: ignore[func-returns-value]


def _common(parts: list[_Split], *, added: bool = False) -> _Split:
    """Values over the divisor that they have in common: one of them, or with `added` all of them together."""
    constant = lcm(*(part.constant for part in parts))
    factors: tuple[Expr, ...] = ()
    for part in parts:
        factors += _without(part.factors, factors)
    nums = [_more(part.num, constant // part.constant, _without(factors, part.factors)) for part in parts]
    bounds = [num.bound for num in nums]
    num = Digits(max(num.scale for num in nums), sum(bounds, Fraction(0)) if added else max(bounds))
    return _Split(num, constant, factors, any(part.mixed for part in parts))


def _multiplied(a: _Split, b: _Split) -> _Split:
    made = a.times(b.factors, b.constant)
    return replace(made, num=_times(a.num, b.num), mixed=a.mixed or b.mixed)


def _constant(value: Fraction) -> _Split:
    """A known number: a decimal, or a whole number over another."""
    places = decimal_places(value)
    if places is not None:
        return _Split(Digits(places, abs(value)))
    return _Split(Digits(0, Fraction(abs(value.numerator))), value.denominator)


# ---------------------------------------------------------------- divisors


@dataclass(frozen=True, slots=True)
class _Divisors:
    """Finds the divisors of values of rows, from which `owner` leads to the subject, for the aggregate at `span`.

    `refs` lead from the row that is counted to the one that a value is of.
    """

    ws: Workspace
    owner: tuple[str, ...]
    span: Span

    def split(self, node: Expr, refs: tuple[str, ...]) -> _Split:
        """A value by its numerator and its divisor.

        Raises:
            Skip: its divisor differs from row to row.
        """
        if node.type.over is None:
            return _Split(node.type.sides[0])
        value = known(node)
        if isinstance(value, Fraction):
            return _constant(value)
        if self._of_subject(node, refs):
            return _Split(node.type.sides[0], factors=(self._side("denominator", node, refs),))
        behind = self._behind(node, refs)
        if behind is not None:
            return self.split(*behind)
        return self._of_parts(node, refs)

    def _of_parts(self, node: Expr, refs: tuple[str, ...]) -> _Split:
        parts = [part for part in values_in(node) if part.type.digits is not None]
        match node:
            case Bin(op="+" | "-"):
                return _common([self.split(part, refs) for part in parts], added=True)
            case Bin(op="*"):
                return _multiplied(self.split(node.left, refs), self.split(node.right, refs))
            case Bin(op="/"):
                return self._quotient(node, refs)
            case Neg() | As() | Fn(name="abs"):
                return self.split(parts[0], refs)
            case Curve():
                return self._curve(node, refs)
            case Tiers():
                return self._tiers(node, refs)
            case Fn() | Cond() | Fallback() | Limited() | By() | Choose():
                branches = [self.split(part, refs) for part in parts if known(part) != 0]  # 0 is so over any divisor
                branches = branches or [_constant(Fraction(0))]
                return branches[0] if len(branches) == 1 else replace(_common(branches), mixed=True)
            case _:
                raise self._differs(node)

    def _quotient(self, node: Bin, refs: tuple[str, ...]) -> _Split:
        left, by = self.split(node.left, refs), known(node.right)
        if isinstance(by, Fraction):
            made = left.times((), abs(by.numerator))
            return replace(made, num=_more(left.num, by.denominator, ()))
        if not self._of_subject(node.right, refs):
            raise self._differs(node)
        made = left.times((self._side("numerator", node.right, refs),))
        return replace(made, num=_times(left.num, node.right.type.sides[1]))

    def _curve(self, node: Curve, refs: tuple[str, ...]) -> _Split:
        """Each line: y0 + (x - x0) * slope."""
        head = self.split(node.head, refs)
        lines = [self.split(row.value, refs) for row in node.rows]
        lines += [_constant(point.y) for point in node.points]
        for before, after in pairwise(node.points):
            slope = _constant((after.y - before.y) / (after.x - before.x))
            rise = _multiplied(_common([head, _constant(before.x)], added=True), slope)
            lines.append(_common([_constant(before.y), rise], added=True))
        return replace(_common(lines), mixed=True)

    def _tiers(self, node: Tiers, refs: tuple[str, ...]) -> _Split:
        """In each band, what the bands below pay in full, and the slice in it at its rate."""
        zero = _constant(Fraction(0))
        head, paid, below = self.split(node.head, refs), zero, zero
        bands: list[_Split] = []
        for band in node.bands:
            rate = self.split(band.rate, refs)
            slice_ = _multiplied(_common([head, below], added=True), rate)
            bands.append(_common([paid, slice_], added=True))
            if band.bound is not None:
                bound = self.split(band.bound, refs)
                paid = _common([paid, _multiplied(_common([bound, below], added=True), rate)], added=True)
                below = bound
        return replace(_common(bands), mixed=True)

    def _side(self, name: str, node: Expr, refs: tuple[str, ...]) -> Expr:
        """One side of a value of the subject, as the row that is counted reads it."""
        return Fn(name, (rebased(node, refs),), type=function(name).type(node.type), span=node.span)

    # ------------------------------------------------------------ whose values

    def _of_subject(self, node: Expr, refs: tuple[str, ...]) -> bool:
        """Whether a value is the same in all rows of a subject."""
        match node:
            case Lit() | Builtin():
                return True
            case Col() | Own():
                if self._leads((*refs, *node.refs)):
                    return True
            case Val():
                if node.known is not None or self._leads(refs):
                    return True
            case Agg() | Lookup():
                return False
            case _:
                return all(self._of_subject(part, refs) for part in children(node))
        behind = self._behind(node, refs)
        return behind is not None and self._of_subject(*behind)

    def _leads(self, refs: tuple[str, ...]) -> bool:
        """Whether references lead to the subject that the row belongs to, or on from it."""
        return refs[: len(self.owner)] == self.owner

    def _behind(self, node: Expr, refs: tuple[str, ...]) -> tuple[Expr, tuple[str, ...]] | None:
        """The rule of a computed column, or of a define that is worked out of a subject's own row, and its place."""
        match node:
            case Col() if (computed := self.ws.columns.get((node.table, node.column))) is not None:
                return computed.rule, (*refs, *node.refs)
            case Own(value=Val() as value, alone=True):
                return self.ws.defines[value.item].rule, (*refs, *node.refs)
            case Val() if node.item in self.ws.defines:
                return self.ws.defines[node.item].rule, refs
            case _:
                return None

    # ------------------------------------------------------------ faults

    def _differs(self, node: Expr) -> Skip:
        """Report a quotient whose divisor differs from row to row."""
        args = {"quotient": node.span.text}
        places = next((n for n in range(_MOST_PLACES, -1, -1) if _fits(node, n)), None)
        if places is None:
            helps = [Note("narrow", args)]
        else:
            word = words.spelling("round", self.ws.file.language)
            helps = [Note("round", {"write": f"{word}({node.span.text}, {places})"})]
        labels = [] if node.span.within(self.span) else [Label(self.span, "counted", {"text": self.span.text})]
        return self.ws.fail("KPI319", node.span, args, labels=labels, helps=helps)


def _fits(node: Expr, places: int) -> bool:
    try:
        types.rounding(node.type, places)
    except TooWide:
        return False
    return True
