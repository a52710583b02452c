"""Expressions and rules made at random, well typed: what generated schemes are written with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

TABLES = """
table staff
    staff_id text key
    m    money between -200 and 200
    n    number(1) between -9 and 9
    r    percent(1) between -50% and 150%
    i    integer optional between 0 and 5
    om   money optional between 0 and 100
    ok   bool
    role text in "A", "B"
    team text optional references teams
    since date
    until date optional
    active from since to until
subject staff
table teams
    team_id text key
    factor  number(1) between 0 and 3
table orders
    order_id text key
    staff_id text optional references staff
    day      date period
    amount   money between -500 and 500
    fee      money optional between 0 and 50
    qty      integer between 0 and 4
    status   text in "won", "lost"
table targets
    staff_id text references staff key
    quarter  quarter period key
    goal     money between 0 and 300
"""
LITERALS = {
    "money": ("0元", "5元", "12.34元", "100元", "(-7元)"),
    "ratio": ("0%", "50%", "33.3%", "120%"),
    "number": ("0", "1", "2.5", "-3", "7"),
}
_BOUNDS: dict[str, dict[str, tuple[str, ...]]] = {
    "least": {"money": ("0元", "5元", "(-7元)"), "ratio": ("0%", "33.3%"), "number": ("0", "1", "-3")},
    "most": {"money": ("12.34元", "100元"), "ratio": ("50%", "120%"), "number": ("2.5", "7")},
}
"""Constant bounds by kind of limit and unit."""


@dataclass(frozen=True, slots=True)
class Term:
    """An expression as written, and whether it may be missing."""

    text: str
    missing: bool = False


class Writer:
    """Draws expressions of a unit, for a person or for a row of `orders`."""

    def __init__(self, draw: Callable[[st.SearchStrategy[str]], str], *, row: bool = False) -> None:
        self._draw = draw
        self._row = row
        self.defines: dict[str, list[str]] = {}
        """What may be read by name, of each unit: defines, or, for a row, computed columns."""

    def one_of(self, *choices: str) -> str:
        return self._draw(st.sampled_from(choices))

    def there(self, unit: str, depth: int) -> str:
        """An expression that is never missing."""
        term = self.term(unit, depth)
        if not term.missing:
            return term.text
        return f"({term.text} or else {self.one_of(*LITERALS[unit], 'error')})"

    def term(self, unit: str, depth: int) -> Term:
        if depth <= 0:
            return self._leaf(unit)
        kind = self.one_of("leaf", "sum", "times", "divide", "function", "if", "negate", "limit", "per", "as")
        if kind == "leaf":
            return self._leaf(unit)
        if kind == "sum":
            return Term(f"({self.there(unit, depth - 1)} {self.one_of('+', '-')} {self.there(unit, depth - 1)})")
        if kind == "times":
            factors = {"money": ("money", "number"), "ratio": ("ratio", "ratio"), "number": ("number", "ratio")}[unit]
            left, right = (self.term(factor, depth - 1) for factor in factors)
            return Term(f"({left.text} * {right.text})", left.missing or right.missing)
        if kind == "divide":
            sides = {"money": ("money", "number"), "ratio": ("money", "money"), "number": ("number", "number")}[unit]
            return Term(
                f"({self._settled(sides[0])} / {self._settled(sides[1])} or else {self.one_of(*LITERALS[unit])})"
            )
        if kind == "function":
            name = self.one_of("round", "floor", "ceil", "abs")
            places = f", {self.one_of('-1', '0', '1', '3')}" if name != "abs" else ""
            inner = self.term(unit, depth - 1)
            return Term(f"{name}({inner.text}{places})", inner.missing)
        if kind == "if":
            return Term(
                f"(if {self.test(depth - 1)} then {self.there(unit, depth - 1)} else {self.there(unit, depth - 1)})"
            )
        if kind == "per":
            return self._steps(unit, depth)
        if kind == "as":
            return self._converted(unit, depth)
        if kind == "limit":
            name = self.one_of("min", "max")
            return Term(f"{name}({self.there(unit, depth - 1)}, {self.there(unit, depth - 1)})")
        inner = self.term(unit, depth - 1)
        return Term(f"(-{inner.text})" if not inner.text.startswith("-") else inner.text, inner.missing)

    def _steps(self, unit: str, depth: int) -> Term:
        """`per` gives a number; it takes its place in a value of any unit as a factor."""
        of = self.one_of("money", "ratio", "number")
        step = self.one_of(*{"money": ("7元", "max(m, 3元)"), "ratio": ("12.5%",), "number": ("3", "0.5")}[of])
        if self._row:
            step = step.replace("max(m,", "max(orders.amount,")
        steps = f"({self.there(of, depth - 1)}) per {step} {self.one_of('whole', 'part', 'pro rata')}"
        return Term({"money": f"({steps} * 2.5元)", "ratio": f"({steps} as percent)", "number": f"({steps})"}[unit])

    def _converted(self, unit: str, depth: int) -> Term:
        number = f"(({self.there(self.one_of('money', 'ratio'), depth - 1)}) as number)"
        return Term({"money": f"({number} * 1元)", "ratio": f"({number} as percent)", "number": number}[unit])

    def _settled(self, unit: str) -> str:
        """A column or an aggregate, so that the quotient's divisor may be 0."""
        columns = (
            {"money": ("m", "om or else 3"), "number": ("n", "i or else 2")}
            if not self._row
            else {
                "money": ("orders.amount", "orders.fee or else 3"),
                "number": ("orders.qty", "orders.qty - 1"),
            }
        )
        return f"({self.one_of(*columns[unit])})"

    def _leaf(self, unit: str) -> Term:
        text = self.one_of(*(self._row_leaves(unit) if self._row else self._leaves(unit)))
        return Term(text.removeprefix("?"), text.startswith("?"))

    def _row_leaves(self, unit: str) -> tuple[str, ...]:
        leaves = {
            "money": (
                "orders.amount",
                "?orders.fee",
                "orders.amount",
                "?staff.m",
                "own.m",
                "own.limit",
                "?own.best",
                "own.sold",
            ),
            "ratio": ("?staff.r", "50%", "own.active_share", "own.won_part"),
            "number": ("orders.qty", "orders.qty", "?teams.factor", "?staff.n", "own.upper"),
        }
        return (*leaves[unit], *self.defines.get(unit, ()))

    def _leaves(self, unit: str) -> tuple[str, ...]:
        aggregates = {
            "money": (
                f"sum(orders.amount{self._where()})",
                f"?max(orders.amount{self._where()})",
                f"?avg(won.amount{self._where()})",
                f"?median(orders.amount{self._where()})",
            ),
            "ratio": (),
            "number": (
                f"max(count(orders{self._where()}), 0.5)",
                f"sum(won.qty{self._where()})",
                f"?avg(orders.qty{self._where()})",
                f"?median(won.qty{self._where()})",
                f"max(count distinct(orders.status{self._where()}), 0.5)",
            ),
        }
        columns = {
            "money": ("m", "?om", "?targets.goal", "staff.m"),
            "ratio": ("r", "active_share"),
            "number": ("n", "?i", "active_days", "months(since, period_end)"),
        }
        return (*columns[unit], *aggregates[unit], *LITERALS[unit][:2], *self.defines.get(unit, ()))

    def _where(self) -> str:
        tests = (
            "",
            ' where status = "won"',
            " where amount > 5",
            " where fee is present and fee > 10",
            " where qty in 1, 2 or day >= 2025-02-01",
        )
        return self.one_of(*tests)

    def test(self, depth: int) -> str:
        if depth <= 0:
            own = (
                "ok",
                'role = "A"',
                "i is missing",
                "om is present and om > 50",
                "since < 2025-01-01",
                "(until is missing or until > 2025-03-01)",
                f"any(orders.amount > 50{self._where()})",
                f"all(won.qty >= 1{self._where()})",
            )
            rows = (
                'orders.status = "won"',
                "orders.fee is missing",
                "orders.fee is present and orders.fee > 10",
                "orders.qty > 1",
            )
            return self.one_of(*(rows if self._row else own))
        kind = self.one_of("compare", "and", "or", "not", "leaf")
        if kind == "compare":
            unit = self.one_of("money", "ratio", "number")
            op = self.one_of("=", "!=", "<", "<=", ">", ">=")
            return f"{self.there(unit, depth - 1)} {op} {self.there(unit, depth - 1)}"
        if kind in ("and", "or"):
            return f"({self.test(depth - 1)} {kind} {self.test(depth - 1)})"
        return f"not ({self.test(depth - 1)})" if kind == "not" else self.test(0)

    # ------------------------------------------------------------ rules

    def rule(self, unit: str, depth: int = 1) -> str:
        """What may follow `define x`, `score` or `amount`: an expression, or rows below."""
        kind = self.one_of("formula", "by", "choose", "curve", "tiers")
        if kind == "by":
            head = self.one_of("money", "ratio", "number")
            bounds = {"money": (100, 50, 0), "ratio": ("100%", "50%", "0%"), "number": (3, 1, 0)}[head]
            rows = [f"{self.one_of('>', '>=')} {bound} : {self._side(unit)}" for bound in bounds]
            wide = {"money": "m", "ratio": "r", "number": "n"}[head]
            return _below(f"by {self.there(head, depth)} + {wide}", *rows, f"else : {self._side(unit)}")
        if kind == "choose":
            rows = [f"when {self.test(1)} : {self._side(unit)}" for _ in range(2)]
            return _below("choose", *rows, f"else : {self._side(unit)}")
        if kind == "curve":
            opening = [f"< m / 2 : {self._side(unit)}"] if self.one_of("y", "n") == "y" else []
            x, y = (
                (0, 7, 60, 100),
                {
                    "money": ("0元", "5元", "80元", "60元"),
                    "number": (0, 5, 80, 60),
                    "ratio": ("0%", "5%", "80%", "60%"),
                }[unit],
            )
            return _below(
                f"curve {self.there('money', depth)} + m", *opening, *(f"{a} : {b}" for a, b in zip(x, y, strict=True))
            )
        if kind == "tiers" and unit == "money":
            rows = [f"up to {bound} : {self.one_of('1%', 'r', '5%')}" for bound in (10, 100)]
            start = self.one_of("", f" from {self.there('money', 0)}")
            return _below(f"tiers {self.there('money', depth)}{start}", *rows, f"above : {self.one_of('3%', 'r')}")
        return self.formula(unit)

    def formula(self, unit: str) -> str:
        """An expression with up to two limits."""
        limits = [self._limit(unit) for _ in range(len(self.one_of("", "a", "ab")))]
        return f"= {self.there(unit, 2)}{''.join(limits)}"

    def _limit(self, unit: str) -> str:
        """A limit that contradicts no other: every constant upper bound lies above every constant lower one."""
        kind = self.one_of("most", "least")
        columns = {"money": "orders.amount", "ratio": "own.active_share", "number": "orders.qty"}
        own = {"money": "sum(orders.amount)", "ratio": "active_share", "number": "n"}
        return f", at {kind} {self.one_of(*_BOUNDS[kind][unit], (columns if self._row else own)[unit])}"

    def row_rule(self, unit: str) -> str:
        """What may follow `define orders.x`."""
        match self.one_of("formula", "limit", "by", "choose"):
            case "by":
                rows = [f"{self.one_of('>', '>=')} {bound} : {self._side(unit)}" for bound in (100, 5)]
                return _below(f"by {self.there('money', 1)} + orders.amount", *rows, f"else : {self._side(unit)}")
            case "choose":
                return _below("choose", f"when {self.test(1)} : {self._side(unit)}", f"else : {self._side(unit)}")
            case "limit":
                return f"= {self.there(unit, 1)}{self._limit(unit)}"
            case _:
                return f"= {self.there(unit, 2)}"

    def _side(self, unit: str) -> str:
        return self.there(unit, self.one_of("", "a").count("a"))


def _below(opening: str, *rows: str) -> str:
    return "\n".join([opening, *(f"    {row}" for row in rows)])
