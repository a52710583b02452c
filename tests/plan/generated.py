"""Schemes and data made at random: well typed, small, and full of boundaries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import indent

from hypothesis import strategies as st

from tests.helpers.schemes import HEADER, Data, scheme

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
        limits = [
            f", at {self.one_of('most', 'least')} {self.there(unit, 0)}" for _ in range(len(self.one_of("", "a", "ab")))
        ]
        return f"= {self.there(unit, 2)}{''.join(limits)}"

    def row_rule(self, unit: str) -> str:
        """What may follow `define orders.x`."""
        match self.one_of("formula", "limit", "by", "choose"):
            case "by":
                rows = [f"{self.one_of('>', '>=')} {bound} : {self._side(unit)}" for bound in (100, 5)]
                return _below(f"by {self.there('money', 1)} + orders.amount", *rows, f"else : {self._side(unit)}")
            case "choose":
                return _below("choose", f"when {self.test(1)} : {self._side(unit)}", f"else : {self._side(unit)}")
            case "limit":
                return f"= {self.there(unit, 1)}, at {self.one_of('most', 'least')} {self.one_of(*LITERALS[unit])}"
            case _:
                return f"= {self.there(unit, 2)}"

    def _side(self, unit: str) -> str:
        return self.there(unit, self.one_of("", "a").count("a"))


def _below(opening: str, *rows: str) -> str:
    return "\n".join([opening, *(f"    {row}" for row in rows)])


def _clause(word: str, rule: str) -> str:
    return indent(f"{word} {rule.removeprefix('= ')}", "    ")


def _edges(write: Writer) -> list[str]:
    """Items that the data's values meet on their thresholds, and that come to a tie wherever a figure is rounded."""
    half = write.one_of("m / 2", "m / 2", "m / 200", "sum(orders.amount) / 8")
    return [
        "define mark by m\n    >= 100 : 3\n    >= 60  : 2\n    > 5    : 1\n    else   : 0",
        f"define reached = {write.one_of('any', 'all')}(orders.amount {write.one_of('>=', '>')} 60)",
        f"define kinds = count distinct(orders.{write.one_of('status', 'qty', 'amount')})",
        "define gone = (if om is missing then 100% else 0%) + (om or else 7元) / 100元",
        f"pay tie\n    amount {half}",
        f"component mean {write.one_of('', 'when reached')}\n    amount avg(orders.amount) or else 0元",
        f"outcome promoted when {write.test(1)}",
        f'ensure m {write.one_of("<", "<=")} 100 : "at most a hundred"',
    ]


def _defines(draw: st.DrawFn, write: Writer, row: Writer) -> list[str]:
    unit = st.sampled_from(("money", "ratio", "number"))
    items = [
        'define won = orders where status = "won"',
        'define limit by role\n    "A" : m / 2\n    "B" : 5元',
        "define sold = round(sum(won.amount), 1), at most 5_000元, at least -5_000元",
        "define best = max(orders.amount where amount > own.limit)",
        "define usual = round(avg(orders.amount) or else error, 2)",
        "define won_part by sold\n    > 100 : 50%\n    > 0   : round(usual / 300元, 3)\n    else  : 0%",
        "define upper = count(orders where amount * 3 > own.sold), at most 9",
    ]
    for nth in range(draw(st.integers(1, 3))):
        kind = draw(unit)
        items.append(f"define d{nth} {write.rule(kind)}")
        write.defines.setdefault(kind, []).append(f"d{nth}")
    for nth in range(draw(st.integers(0, 2))):
        kind = draw(unit)
        items.append(f"define orders.c{nth} {row.row_rule(kind)}")
        row.defines.setdefault(kind, []).append(f"orders.c{nth}")
    func = draw(st.sampled_from(("sum", "avg", "min", "max", "median")))
    items.append(f"define rows = {func}(orders.amount * {row.there('number', 1)})")
    items.append(f"define some = count(orders where {row.test(2)})")
    return items


def _indicators(draw: st.DrawFn, write: Writer) -> list[str]:
    items = []
    policy = st.sampled_from(("exclude", "score 0", "score 61.5"))
    for name in ("one", "two"):
        clauses = [
            _clause("actual", f"= {write.term('money', 1).text}"),
            _clause("target", f"= {write.term('money', 1).text}"),
        ]
        points = draw(
            st.sampled_from(
                (
                    "achievement * 100",
                    "achievement * 100, at most 120, at least 0",
                    "by achievement\n    >= 100% : 100\n    >= 79.9996% : achievement * 50\n    else : 0",
                    "curve achievement\n    50% : 0\n    100% : 100",
                )
            )
        )
        items.append(
            f"indicator {name}\n" + "\n".join([*clauses, f"    missing {draw(policy)}", _clause("score", points)])
        )
    return items


def _cards(draw: st.DrawFn, write: Writer) -> list[str]:
    when = f" when {write.test(1)}" if draw(st.booleans()) else ""
    adjust = f"\n    adjust more {write.rule('number')}" if draw(st.booleans()) else ""
    if "\n        " in adjust or "by " in adjust or "choose" in adjust or "curve" in adjust:
        adjust = ""
    total = draw(st.sampled_from(("", "\n    total (weighted + adjustments) * 1.5, at most 120")))
    cards = f"    group g 70%\n        one 70%{when}\n    two 30%{adjust}{total}"
    items = []
    split = draw(st.booleans())
    items.append(f"scorecard s{' for role = ' + chr(34) + 'A' + chr(34) if split else ''}\n{cards}")
    if split and draw(st.booleans()):
        items.append('scorecard t for role = "B"\n    one 100%')
    items.append('grade by total\n    >= 90 : "A"\n    > 60 : "B"\n    else : "C"')
    return items


def _pays(draw: st.DrawFn, write: Writer) -> list[str]:
    """A gate, and pay."""
    items = []
    effect = draw(
        st.sampled_from(
            (
                'grade at most "B"',
                "total at most 66.666",
                "bonus is 12.345",
                "one.score at least 10",
                "bonus at least m",
            )
        )
    )
    items.append(f"gate g when {write.test(1)}\n    {effect}")
    items.append("pay bonus\n" + _clause("amount", write.rule("money")))
    items.append(
        f"pay extra for {write.test(1)}\n    when {write.test(0)}\n" + _clause("amount", f"= {write.there('money', 1)}")
    )
    return items


@st.composite
def schemes(draw: st.DrawFn) -> str:
    """A scheme of defines, indicators, a scorecard or two, a grade, a gate, pay and what stands on an edge."""
    write, row = Writer(draw), Writer(draw, row=True)
    items = [
        *_defines(draw, write, row),
        *_indicators(draw, write),
        *_cards(draw, write),
        *_pays(draw, write),
        *_edges(write),
    ]
    even = draw(st.booleans())
    header = HEADER.replace("score 2", draw(st.sampled_from(("score 2", "achievement 4, score 1"))))
    return scheme(*items, header=header.replace("money 2", "money 2, half even") if even else header, staff=TABLES)


_DAYS = st.sampled_from(("2024-12-31", "2025-01-01", "2025-01-31", "2025-02-15", "2025-03-31", "2025-04-01"))
_MONEY = st.sampled_from(("0", "5", "7", "10", "60", "100", "-3.33", "66.67", "0.01", "12.345"[:5], "99.99", "-100"))


def _optional(cells: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | cells


def _rows(*cells: st.SearchStrategy[str | None], most: int) -> st.SearchStrategy[list[tuple[str | None, ...]]]:
    return st.lists(st.tuples(*cells), max_size=most)


@st.composite
def data(draw: st.DrawFn) -> Data:
    """Rows for `TABLES`, with nulls, zeros, negatives, ties and values on thresholds."""
    staff = draw(
        st.lists(
            st.tuples(
                st.sampled_from(("E1", "E2", "E3", "E4")),
                _MONEY,
                st.sampled_from(("0", "1", "2.5", "-9", "3")),
                st.sampled_from(("0%", "50%", "100%", "-12.5%", "33.3%")),
                _optional(st.sampled_from(("0", "1", "5"))),
                _optional(st.sampled_from(("0", "50", "100", "33.33"))),
                st.sampled_from(("true", "false")),
                st.sampled_from(("A", "B")),
                _optional(st.sampled_from(("T1", "T2"))),
                st.sampled_from(("2019-05-31", "2024-12-31", "2025-01-01", "2025-02-28", "2025-03-31", "2025-04-01")),
            ),
            max_size=4,
            unique_by=lambda row: row[0],
        )
    )
    people = [row[0] for row in staff]
    whose = _optional(st.sampled_from(people)) if people else st.none()
    until = _optional(st.sampled_from(("2025-04-01", "2025-05-05")))
    orders = draw(
        _rows(
            whose,
            _DAYS,
            _MONEY,
            _optional(st.sampled_from(("0", "10", "11.5"))),
            st.sampled_from(("0", "1", "2", "3")),
            st.sampled_from(("won", "lost")),
            most=12,
        )
    )
    targets = [
        (who, "2025Q1", draw(st.sampled_from(("0", "100", "33.33", "300")))) for who in people if draw(st.booleans())
    ]
    return {
        "staff": [(*row, draw(until)) for row in staff],
        "teams": [("T1", "1.5"), ("T2", "0")],
        "orders": [(f"{nth}", *row) for nth, row in enumerate(orders)],
        "targets": targets,
    }
