"""Schemes of every construct, made at random from a number, and data full of boundaries for them.

Unlike `small` schemes, most of them are accepted: they are there to be worked out, on every engine and in every order.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from textwrap import indent

from tests.helpers.schemes import HEADER, Data
from tests.plan.small import SmallWriter, small_data
from tests.plan.writing import TABLES

_MORE = """
table lines
    line_id  text key
    order_id text references orders
    pieces   integer between 0 and 9
    cost     money between -50 and 50
    tax      percent optional
table calls
    call_id  text key
    staff_id text references staff
    day      date optional period
    minutes  integer between 0 and 90
table plans
    staff_id text references staff key
    month    month period key
    goal     money between 0 and 90
    points   integer optional between -3 and 9
table limits
    staff_id text references staff key
    most     money(3) optional between 0 and 50
    share    percent
"""
_HEADERS = tuple(
    HEADER.replace("score 2", score).replace("money 2", money)
    for score in ("score 2", "achievement 4, score 1", "achievement 2, score 0")
    for money in ("money 2", "money 2, half even", "money 0, half even", "money 1")
)
_FILTERS = ('status = "won"', "amount > 5", "fee is present", "qty in 1, 2", 'status = "won" and day > 2025-01-31')
_NAMES = """
define won = orders where {}
define limit by role
    "A" : m / 2
    "B" : 5元
define sold = round(sum(won.amount), 1)
define best = max(orders.amount where amount > own.limit)
define won_part = if sold > 100 then 50% else 0%
define upper = count(orders where amount * 3 > own.sold), at most 9
"""
_UNDATED = TABLES.replace("    active from since to until\n", "")


def head(random: Random) -> tuple[str, bool]:
    """What a scheme begins with, its tables among it, and whether its people are dated."""
    dated = random.random() < 1 / 2
    tables = (TABLES if dated else _UNDATED).replace("subject staff\n", "") + _MORE
    return random.choice(_HEADERS) + tables + _NAMES.format(random.choice(_FILTERS)), dated


class Wide(SmallWriter):
    """Draws from all that a person, or a row of `orders`, may read; `even` rows have one divisor."""

    def __init__(self, random: Random, *, dated: bool, row: bool = False) -> None:
        super().__init__(random, row=row)
        self._even = row
        self._dated = dated

    def _row_leaves(self, unit: str) -> tuple[str, ...]:
        return tuple(leaf for leaf in super()._row_leaves(unit) if self._dated or "active" not in leaf)

    def _leaves(self, unit: str) -> tuple[str, ...]:
        looked_up = {
            "money": ("?plans.goal", "?limits.most", "sum(lines.cost where pieces > 1)", "?min(lines.cost / 3)"),
            "ratio": ("?limits.share",),
            "number": ("?plans.points", "count(calls)", "?avg(calls.minutes / 7)", "sum(calls.minutes)"),
        }
        leaves = (*super()._leaves(unit), *looked_up[unit])
        return tuple(leaf for leaf in leaves if self._dated or "active" not in leaf)

    def _day(self) -> str:
        days = ("since", "since + 31", "month_end(since)", "month_start(since) - 1", "add_months(month_end(since), -1)")
        return self.one_of(*days) if not self._dated else super()._day()

    def _limit(self, unit: str) -> str:
        made = super()._limit(unit)
        if self._dated:
            return made
        return made.replace("own.active_share", "50%").replace("active_share", "50%")


_FUNCTIONS = ("sum", "avg", "min", "max", "median", "count distinct")
_UNITS = ("money", "ratio", "number")
Maker = Callable[[Random, Wide, Wide, int], list[str]]


def wide_scheme(random: Random, *, dated: bool) -> str:
    """A few items below a head: with it they make a scheme."""
    write, row = Wide(random, dated=dated), Wide(random, dated=dated, row=True)
    items = [
        f"subject staff{random.choice(('', '', '', f' where {write.test(0)}'))}",
    ]
    for nth, make in enumerate(random.sample(_MAKERS, random.randint(2, 4))):
        items += make(random, write, row, nth)
    return "\n".join(items) + "\n"


def _named(write: Wide, unit: str, name: str, rule: str) -> str:
    write.defines.setdefault(unit, []).append(name)
    return f"define {name} {rule}"


def _defines(random: Random, write: Wide, _: Wide, nth: int) -> list[str]:
    made = []
    for part in "ab":
        unit = random.choice(_UNITS)
        made.append(_named(write, unit, f"d{nth}{part}", write.rule(unit)))
    return made


def _quotients(random: Random, write: Wide, _: Wide, nth: int) -> list[str]:
    """Quotients that meet again: in sums, limits, branches and comparisons."""
    divisor = random.choice(("m", "om", "targets.goal", "sum(orders.amount)", "(m - 5元)", "limits.most"))
    terms = [
        f"({random.choice(('m', 'om', 'sum(won.amount)', 'avg(orders.amount)'))} / {divisor} or else 0%)"
        for _ in range(random.randint(2, 4))
    ]
    if random.random() < 1 / 2:
        wheres = [random.choice(("", ' where status = "won"')) for _ in terms]
        terms = [
            f"(({random.choice(('avg', 'median'))}(orders.qty{where}) or else {nth}) * 1% as percent)"
            for where in wheres
        ]
    summed = random.choice((" + ", " - ")).join(terms)
    items = [_named(write, "ratio", f"q{nth}", f"= {summed}")]
    items.append(
        _named(
            write, "ratio", f"k{nth}", f"= q{nth} {random.choice('+-')} q{nth} {random.choice(('* 50%', '/ 2', '/ 7'))}"
        )
    )
    items.append(
        f"define o{nth} = {random.choice(('min', 'max'))}(q{nth}, {terms[0]}) {random.choice('+-')} q{nth} / 3"
    )
    items.append(f"define t{nth} = q{nth} {random.choice(('<', '=', '>='))} k{nth} + {write.one_of('0%', terms[-1])}")
    items.append(
        f"define s{nth} = if t{nth} then q{nth} else {random.choice(('0%', terms[0], f'k{nth} / 7'))}, at least 0%"
    )
    return items


def _own_rules(random: Random, write: Wide, row: Wide, nth: int) -> list[str]:
    """What rows read of their person: a curve, tiers, a quotient, limits, a lookup."""
    unit = random.choice(("ratio", "number"))
    of = random.choice(("m", "om or else 0元", "m / 7", "sum(orders.amount) / 3", "sold"))
    ys = {"ratio": ("0%", "33.3%", "-5%"), "number": ("0", "2", "-0.5")}[unit]
    divisor = random.choice(("om", "m", "targets.goal")) + ("" if unit == "ratio" else " as number")
    curve = indent("\n".join(f"{x} : {y}" for x, y in zip((0, 7, 100), ys, strict=True)), "    ")
    rule = random.choice(
        (
            f"curve {of}\n{curve}",
            f"curve {of}\n" + "\n".join(curve.split("\n")[:2]),
            f"= 12.5元 / {divisor} or else {ys[1]}, at most {ys[1]}, at least {ys[2]}",
            f"= round({write.there(unit, 1)}, 3), at most {ys[1]}",
        )
    )
    items = [_named(row, unit, f"own.c{nth}", rule).replace("define own.", "define ")]
    factor = {"ratio": f"own.c{nth}", "number": f"own.c{nth}"}[unit]
    per = random.choice(("", f" / {random.choice(('own.n', 'own.i', 'own.m * 1元'))} or else qty * 1元"))
    value = f"orders.amount * {factor}{per if '1元' not in per.split(' or')[0] else ''}"
    items.append(f"define orders.w{nth} = {value}{random.choice(('', ', at least 0元', ', at most 50元'))}")
    items.append(f"define u{nth} = {random.choice(_FUNCTIONS)}(orders.w{nth}{random.choice(('', ' where qty > 1'))})")
    items.append(f"define v{nth} = sum(lines.cost * {factor} where {random.choice(('pieces > 0', 'orders.qty > 1'))})")
    return items


def _aggregates(random: Random, _: Wide, row: Wide, nth: int) -> list[str]:
    """Aggregates over quotients of rows, and of what rows read by references."""
    divisor = random.choice(("3", "own.n", "(-0.7)", "own.upper", "12"))
    value = random.choice(
        (
            f"amount / {divisor} or else amount / 7",
            f"if {row.test(0).replace('orders.', '')} then amount / {divisor} or else 0元 else fee or else 2元",
            "amount * (own.m / 7元) / 7",
            "amount * (staff.r or else 33.3%)",
            "round(amount / qty or else 0元, 1)",
        )
    )
    if divisor in ("3", "12", "(-0.7)"):
        value = value.replace(" or else amount / 7", "").replace(f"/ {divisor} or else 0元", f"/ {divisor}")
    where = random.choice(("", f" where {row.test(1)}", " where fee is present", " where amount >= own.limit"))
    items = [f"define orders.x{nth} = {value}"]
    for part, name in enumerate(random.sample(_FUNCTIONS, 3)):
        items.append(f"define a{nth}{part} = {name}(orders.x{nth}{where})")
    items.append(f"define any{nth} = {random.choice(('any', 'all'))}(orders.x{nth} / 3 > own.limit{where})")
    return items


def _chains(random: Random, write: Wide, _: Wide, nth: int) -> list[str]:
    """Stand-ins for stand-ins, and steps."""
    parts = random.sample(
        ("om", "targets.goal", "limits.most", "max(orders.fee where fee is present)", "plans.goal", "m / n"), 3
    )
    ends = random.choice(("5元", "error", "m", "m / 3"))
    chain = f"({parts[0]} or else ({parts[1]} or else ({parts[2]} or else {ends})))"
    items = [_named(write, "money", f"e{nth}", f"= {chain}")]
    how = random.choice(("whole", "part", "pro rata"))
    items.append(
        _named(write, "number", f"p{nth}", f"= e{nth} per {random.choice(('7元', '0.3元', 'max(m, 3元)'))} {how}")
    )
    items.append(f"define r{nth} = {random.choice(('round', 'floor', 'ceil'))}(e{nth} / 3, {random.randint(-1, 3)})")
    return items


def _edges(random: Random, write: Wide, _: Wide, nth: int) -> list[str]:
    """Values of the data on the thresholds of rows, and ties of a rounding."""
    half = random.choice(("m / 2", "m / 200", "sum(orders.amount) / 8", "(e_tie or else 0元) / 16"))
    return [
        f"define g{nth} by m\n    >= 100 : 3\n    >= 60  : 2\n    > 5    : 1\n    else   : 0",
        f"define h{nth} = {random.choice(('any', 'all'))}(orders.amount {random.choice(('>=', '>'))} 60)",
        f"define e_tie = {random.choice(('min', 'max', 'median'))}(orders.amount)" if "e_tie" in half else "",
        f"pay tie{nth}\n    amount {half}",
        f"component c{nth} {random.choice(('', f'when h{nth}'))}\n    amount avg(orders.amount) or else 0元",
        f"outcome x{nth} when {write.test(1)}",
        f'ensure m {random.choice(("<", "<="))} 100 : "at most a hundred"',
    ]


def _cards(random: Random, write: Wide, _: Wide, _nth: int) -> list[str]:
    """Indicators in one scorecard or two, adjustments, a total of its own, a grade, gates and pay."""
    items = []
    for name in ("one", "two"):
        target = random.choice(("targets.goal", "m", "100", write.there("money", 0)))
        policy = random.choice(("exclude", "score 0", "score 61.5"))
        score = random.choice(_SCORES)
        actual = random.choice(("sum(orders.amount)", "m", "om or else 0元", write.there("money", 1)))
        items.append(
            f"indicator {name}\n    actual {actual}\n    target {target}\n    missing {policy}\n    score {score}"
        )
    when = random.choice(("", "", f" when {write.test(0)}"))
    adjust = "".join(f"\n    adjust more{part} {write.formula('number')}" for part in range(random.randint(0, 2)))
    total = random.choice(("", "\n    total (weighted + adjustments) * 1.5, at most 120, at least 0"))
    split = random.random() < 1 / 2
    whom = ' for role = "A"' if split else ""
    items.append(f"scorecard s{whom}\n    group g 70%\n        one 70%{when}\n    two 30%{adjust}{total}")
    if split and random.random() < 2 / 3:
        items.append('scorecard t for role = "B"\n    one 40%\n    two 60%')
    items.append('grade by total\n    >= 90 : "A"\n    > 60 : "B"\n    else : "C"')
    items.append(f"pay bonus\n    amount {write.formula('money').removeprefix('= ')}")
    items.append('pay graded\n    amount if grade = "A" then total * 2.5元 else total * 1元, at least 0元')
    for part, effect in enumerate(random.sample(_EFFECTS, random.randint(0, 2))):
        items.append(f"gate gate{part} when {write.test(1)}\n    {effect}")
    return items


_SCORES = (
    "achievement * 100",
    "achievement * 100, at most 120, at least 0",
    "by achievement\n        >= 100% : 100\n        >= 79.9996% : achievement * 50\n        else : 0",
    "curve achievement\n        50% : 0\n        100% : 100",
    "(if achievement > 50% then 100 else achievement * 7), at most 80",
)
_EFFECTS = (
    'grade at most "B"',
    "total at most 66.666",
    "bonus is 12.345",
    "one.score at least 10",
    "bonus at least m",
    "two.score is 33.335",
)


def _pays(random: Random, write: Wide, row: Wide, nth: int) -> list[str]:
    amount = indent(f"amount {write.rule('money').removeprefix('= ')}", "    ")
    return [
        f"pay p{nth}{random.choice(('', f' for {write.test(0)}'))}\n{amount}",
        f"pay z{nth}\n    when {write.test(1)}\n    amount {write.there('money', 1)}",
        f'require for each orders {row.test(0)} : "asked of rows"',
    ]


def _lookups(random: Random, write: Wide, _: Wide, nth: int) -> list[str]:
    value = random.choice(("goal / 3", "goal * 2", "(points or else 0) * 1元", "goal, at most 50元", "goal + own.m"))
    return [
        f"define plans.y{nth} = {value}",
        _named(write, "money", f"l{nth}", f"= plans.y{nth} or else {random.choice(('0元', '7元', 'm'))}"),
        f"define lim{nth} = sum(orders.amount), at most limits.most or else 9元",
        f"define mean{nth} = {random.choice(('avg', 'min', 'max', 'median'))}(plans.goal / 7)",
    ]


_MAKERS: tuple[Maker, ...] = (
    _defines,
    _quotients,
    _own_rules,
    _aggregates,
    _chains,
    _edges,
    _cards,
    _pays,
    _lookups,
)

_MONTHS = ("2024-12", "2025-01", "2025-02", "2025-03")


def wide_data(random: Random) -> Data:
    """Rows for the tables of a wide scheme; now and then a table is empty, or has one row."""
    made = {**small_data(random)}
    people = [str(row[0]) for row in made["staff"]]
    made["plans"] = [
        (person, month, random.choice(("0", "5", "33.33", "90")), random.choice((None, "0", "-3", "9")))
        for person in people
        for month in random.choice((_MONTHS, _MONTHS[1:], _MONTHS[1:3], ()))
    ]
    made["limits"] = [
        (person, random.choice((None, "0", "7.125", "50")), random.choice(("0%", "12.34%", "-3%")))
        for person in people
        if random.random() < 2 / 3
    ]
    for name in ("orders", "lines", "calls", "plans", "limits", "targets"):
        kept = random.choice((None, None, None, None, None, 1, 0))
        if kept is not None:
            made[name] = made[name][:kept]
    orders = {row[0] for row in made["orders"]}
    made["lines"] = [row for row in made["lines"] if row[1] in orders]
    return made
