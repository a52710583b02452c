"""Small schemes made at random from a number, some of them refused, and data for them.

They are made for checks and figures alike: careless terms bring every kind of refusal that reading a value can bring
(a figure counted many times, a missing value, a text that never occurs, units that do not go together).
"""

from __future__ import annotations

from random import Random

from tests.helpers.schemes import HEADER, Data
from tests.plan.writing import LITERALS, TABLES, Term, Writer

HEAD = (
    HEADER
    + TABLES.replace("subject staff\n", "")
    + """
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
"""
)
"""What every small scheme begins with: its header and its tables."""
_CARELESS = 0.02
"""How often a term is written that may bring a refusal."""
_CAREFUL = 0.9
"""How often a column that may be missing is added up only where it is there."""


class SmallWriter(Writer):
    """Draws from a `Random`; `careless` terms are now and then of another unit, possibly missing or counted twice."""

    def __init__(self, random: Random, *, row: bool = False, careless: bool = False) -> None:
        super().__init__(lambda _: "", row=row)
        self._random = random
        self._careless = careless

    def one_of(self, *choices: str) -> str:
        return self._random.choice(choices)

    def slips(self) -> bool:
        return self._careless and self._random.random() < _CARELESS

    def there(self, unit: str, depth: int) -> str:
        if self.slips():
            return self.term(unit, depth).text
        if self.slips():
            return f"({super().there(unit, depth)} or else {self.one_of(*LITERALS[unit])})"
        if self.slips():
            return self.one_of("1", "0", "2 + 3", "-4", "(if ok then 5 else 10)" if not self._row else "6")
        return super().there(unit, depth)

    def term(self, unit: str, depth: int) -> Term:
        return super().term(self.one_of("money", "ratio", "number") if self.slips() else unit, depth)

    def guarded(self, unit: str) -> str:
        """A value that reads what a condition shows to be there, with that condition round it."""
        missing = {
            "money": ("om", "targets.goal", "max(orders.amount)", "om + targets.goal", "m / n", "om * 2"),
            "ratio": ("om / m", "sum(won.amount) / max(orders.amount)"),
            "number": ("i", "n / (n - 1)", "i + 1"),
        }
        rows = {
            "money": ("orders.fee", "orders.fee * 2"),
            "ratio": ("orders.fee / 7元",),
            "number": ("orders.fee / orders.amount as number",),
        }
        text = self.one_of(*(rows if self._row else missing)[unit])
        used = self.one_of(f"({text})", f"(({text}) * 2)", f"(({text}) + ({text}))", f"abs({text})")
        return self.one_of(
            f"(if ({text}) is present then {used} else {self.there(unit, 0)})",
            f"(if ({text}) is missing or {self.test(0)} then {self.there(unit, 0)} else {used})",
            f"(if ({text}) is present and {used} > {LITERALS[unit][1]} then {self.there(unit, 0)} else {self.there(unit, 0)})",
        )


def small_scheme(random: Random) -> str:
    """A few items below `HEAD`: with it they make a scheme."""
    careless = random.random() < 1 / 3
    write, row = (SmallWriter(random, row=each, careless=careless) for each in (False, True))
    kinds = [
        _define,
        _define,
        _column,
        _aggregate,
        _aggregate,
        _lines,
        _of_a_row,
        _indicator,
        _pay,
        _test,
        _filter,
        _literals,
        _guards,
    ]
    makers = random.sample(kinds, random.randint(3, 6))
    items = [
        f"subject staff{random.choice(('', '', f' where {write.test(1)}'))}",
        'define won = orders where status = "won"',
        'define limit by role\n    "A" : m / 2\n    "B" : 5元',
        "define sold = round(sum(won.amount), 1)",
        "define best = max(orders.amount where amount > own.limit)",
        "define won_part = if sold > 100 then 50% else 0%",
        "define upper = count(orders where amount * 3 > own.sold), at most 9",
    ]
    for nth, make in enumerate(makers):
        items += make(random, write, row, nth)
    return "\n".join(items) + "\n"


def _unit(random: Random) -> str:
    return random.choice(("money", "ratio", "number"))


def _define(random: Random, write: SmallWriter, _: SmallWriter, nth: int) -> list[str]:
    unit = _unit(random)
    rule = write.rule(unit)
    write.defines.setdefault(unit, []).append(f"d{nth}")
    return [f"define d{nth} {rule}"]


def _literals(random: Random, write: SmallWriter, row: SmallWriter, nth: int) -> list[str]:
    """A literal with a name, read at places of several units."""
    literal = random.choice(("5", "-3", "0", "12.5", "2 + 3", "20%", "7元"))
    unit = "ratio" if "%" in literal else "money"
    text = random.choice(('"won"', '"wonn"', '"lost"'))
    items = [f"define k{nth} = {literal}", f"define w{nth} = {text}"]
    items.append(f"define x{nth} = {write.there(unit, 1)} + k{nth}")
    items.append(f"define y{nth} = count(orders where status = w{nth} and amount {random.choice(('>', '<='))} k{nth})")
    items.append(f"define orders.l{nth} = if status in w{nth} then {row.there(unit, 0)} else k{nth}")
    return items


def _column(random: Random, _: SmallWriter, row: SmallWriter, nth: int) -> list[str]:
    unit = _unit(random)
    rule = row.row_rule(unit)
    row.defines.setdefault(unit, []).append(f"orders.c{nth}")
    return [f"define orders.c{nth} {rule}"]


def _aggregate(random: Random, _: SmallWriter, row: SmallWriter, nth: int) -> list[str]:
    function = random.choice(("sum", "avg", "min", "max", "median"))
    inner = random.choice(
        (
            f"orders.amount * {row.there('number', 1)}",
            f"orders.amount + {row.there('money', 0)}",
            f"if {row.test(1)} then orders.amount else {row.there('money', 0)}",
            "orders.fee",
            "orders.fee * 2",
        )
    )
    tested = (" where fee is present", " where fee is present and fee * 2 > 10")
    careful = "fee" in inner and random.random() < _CAREFUL
    where = random.choice(tested if careful else ("", f" where {row.test(1)}", *tested))
    return [f"define a{nth} = {function}({inner}{where})", f"define n{nth} = count(won where {row.test(1)})"]


def _lines(random: Random, _: SmallWriter, __: SmallWriter, nth: int) -> list[str]:
    """Sums over order lines, whose orders' figures must not be counted many times."""
    value = random.choice(
        (
            "if pieces > 2 then orders.amount else 0元",
            "orders.amount",
            "pieces * orders.amount",
            "cost - own.m",
            "cost * own.won_part",
            "max(cost, orders.amount)",
            "(cost + orders.amount) * 2",
            "orders.amount * (if pieces > 1 then 50% else 100%)",
            'if orders.status = "won" then cost else cost * 2',
            "cost * (100% + (tax or else 0%))",
            "(tax or else 0%) * orders.amount",
        )
    )
    rule = random.choice(
        (
            f"= {value}",
            f"by pieces\n    > 3  : {value}\n    else : cost",
            f"choose\n    when cost > 5 : {value}\n    else : 0元",
            f"= {value}, at least 0元",
        )
    )
    function = random.choice(("sum", "avg", "max"))
    where = random.choice(
        ("", " where pieces > 0", ' where orders.status = "won"', " where tax is present and tax > 5%")
    )
    items = [f"define lines.c{nth} {rule}", f"define t{nth} = {function}(lines.c{nth}{where})"]
    if random.random() < 1 / 2:
        items.append(f"define u{nth} = sum(lines.pieces * lines.c{nth} + lines.cost{where})")
    return items


def _of_a_row(random: Random, _: SmallWriter, row: SmallWriter, nth: int) -> list[str]:
    """What the lines of an order come to: in a column, in a condition, in what is required, in rows that refer to it."""
    unit, text = random.choice(
        (
            ("money", "sum(lines.cost)"),
            ("money", "sum(lines.cost where pieces > 0)"),
            ("money", "max(lines.cost) or else 1元"),
            ("money", "sum(lines.cost * (if tax is present then 150% else 50%))"),
            ("money", "round(avg(lines.cost), 1) or else 0元"),
            ("ratio", "sum(lines.tax where tax is present)"),
            ("ratio", "max(lines.tax or else 3%) or else 0%"),
            ("ratio", "sum(lines.tax)"),
            ("number", "sum(lines.pieces)"),
            ("number", "count(lines) + count distinct(lines.pieces)"),
            ("number", "sum(lines.pieces where own.n > 0)"),
            ("number", "sum(lines.pieces * orders.qty + lines.pieces)"),
            ("number", "min(lines.pieces) or else error"),
        )
    )
    row.defines.setdefault(unit, []).append(f"orders.o{nth}")
    held = random.choice(("any(lines.cost > 5元)", "all(lines.pieces > 0)", "count(lines where pieces > 2) = 0"))
    asked = random.choice(("count(lines) < 9", "sum(lines.cost) > -400元", f"({held}) or amount > -600元"))
    items = [
        f"define orders.o{nth} = {text}",
        f"define s{nth} = count(orders where {held})",
        f"define z{nth} = {random.choice(('sum', 'max'))}(orders.o{nth} * orders.qty{random.choice(('', f' where {held}'))})",
        f'require for each {random.choice(("orders", "won"))} {asked} : "asked of rows and of those that refer to them"',
    ]
    if random.random() < 1 / 2:
        items.append(f"define lines.o{nth} = lines.cost * (if orders.o{nth} > {LITERALS[unit][1]} then 2 else 1)")
        items.append(f"define r{nth} = sum(lines.o{nth})")
    return items


def _indicator(random: Random, write: SmallWriter, row: SmallWriter, nth: int) -> list[str]:
    points = random.choice(
        (
            "achievement * 100, at most 120, at least 0",
            "(achievement or else 0%) * 50, at most 90",
            "by achievement\n    >= 100% : 100\n    >= 79.9996% : achievement * 50\n    else : 0",
            "if actual is missing then 5 else 10",
            f"min(j{nth}.actual / 2元, 100)",
            "curve achievement\n    50% : 0\n    100% : 100",
        )
    )
    policy = random.choice(("missing exclude\n    ", "missing score 0\n    ", ""))
    actual, target = write.term("money", 1).text, random.choice((write.term("money", 1).text, "100"))
    clause = points.replace("\n", "\n    ")
    items = [f"indicator j{nth}\n    actual {actual}\n    target {target}\n    {policy}score {clause}"]
    if nth % 2:
        return items
    total = random.choice(("", "\n    total (weighted + adjustments) * 1.5, at most 120"))
    items.append(f"scorecard card{random.choice(('', f' for role = {chr(34)}A{chr(34)}'))}\n    j{nth} 100%{total}")
    items.append("pay reward\n    amount total * 1元")
    items.append(f"outcome reached when total > {write.there('number', 0)}")
    items.append(f"outcome none when total is missing or {write.test(0)}")
    items.append('grade by total\n    >= 90 : "A"\n    > 60 : "B"\n    else : "C"')
    effect = random.choice(('grade at most "B"', "total at most 66.666", f"j{nth}.score at least 10"))
    items.append(f"gate g when {write.test(1)}\n    {effect}")
    points = write.there("number", 0)
    items.append(f'ensure (total or else 0) >= {points} or grade = "A" : "kept"')
    return items if random.random() < 2 / 3 else [items[0], *_pay(random, write, row, nth)]


def _pay(random: Random, write: SmallWriter, _: SmallWriter, nth: int) -> list[str]:
    amount = f"    amount {write.rule('money').removeprefix('= ')}".replace("\n", "\n    ")
    head = random.choice(("", f" for {write.test(1)}", " for om is present"))
    when = random.choice(("", f"    when {write.test(0)}\n", "    when i is present\n"))
    if "om is" in head and random.random() < 1 / 2:
        amount = "    amount om * 2, at most 100元"
    return [f"pay p{nth}{head}\n{when}{amount}"]


def _test(random: Random, write: SmallWriter, row: SmallWriter, nth: int) -> list[str]:
    asked = random.choice(("amount > -600元", "own.m > -300元", "staff.m > -300元 and orders.qty < 9", row.test(1)))
    return [
        f"define q{nth} = {write.test(2)}",
        f'ensure {write.test(1)} : "kept"',
        f'require {write.test(1)} : "asked of people"',
        f'require for each orders {asked} : "asked of rows"',
    ]


def _filter(random: Random, _: SmallWriter, row: SmallWriter, nth: int) -> list[str]:
    base = random.choice(("orders", "won"))
    condition = random.choice((row.test(1), "fee is present", "fee is present and fee > 5", "day > 2025-01-31"))
    fee = "fee is" in condition or random.random() > _CAREFUL
    value = random.choice(("amount", "fee", "fee * 2", "qty") if fee else ("amount", "qty"))
    calls = random.choice(("", " where day > 2025-01-15", " where day is present"))
    return [
        f"define f{nth} = {base} where {condition}",
        f"define g{nth} = {random.choice(('sum', 'max', 'avg'))}(f{nth}.{value})",
        f"define h{nth} = count(f{nth} where {row.test(0)})",
        f"define e{nth} = sum(calls.minutes{calls})",
    ]


def _guards(random: Random, write: SmallWriter, row: SmallWriter, nth: int) -> list[str]:
    unit = _unit(random)
    return [
        f"define v{nth} = {write.guarded(unit)}",
        f"define orders.v{nth} = {row.guarded(unit)}",
        f"define b{nth} = count(orders where {row.guarded('money')} > 5元)",
    ]


# ---------------------------------------------------------------- data

_DAYS = ("2024-12-31", "2025-01-01", "2025-01-31", "2025-02-15", "2025-03-31", "2025-04-01")
_MONEY = ("0", "5", "7", "10", "60", "100", "-3.33", "66.67", "0.01", "99.99", "-100")


def small_data(random: Random) -> Data:
    """Rows for the tables of a small scheme, with nulls, zeros, negatives and values on thresholds."""
    pick = random.choice
    people = random.sample(("E1", "E2", "E3", "E4"), random.randint(1, 4))
    staff = [
        (
            person,
            pick(_MONEY),
            pick(("0", "1", "2.5", "-9", "3")),
            pick(("0%", "50%", "100%", "-12.5%", "33.3%")),
            pick((None, "0", "1", "5")),
            pick((None, "0", "50", "100", "33.33")),
            pick(("true", "false")),
            pick(("A", "B")),
            pick((None, "T1", "T2")),
            pick(("2019-05-31", "2024-12-31", "2025-01-01", "2025-02-28", "2025-03-31")),
            pick((None, "2025-04-01", "2025-05-05")),
        )
        for person in people
    ]
    orders = [
        (
            str(nth),
            pick((None, *people)),
            pick(_DAYS),
            pick(_MONEY),
            pick((None, "0", "10", "11.5")),
            pick(("0", "1", "2", "3")),
            pick(("won", "lost")),
        )
        for nth in range(random.randint(0, 10))
    ]
    lines = [
        (
            str(nth),
            pick(orders)[0],
            pick(("0", "1", "3", "9")),
            pick(("0", "5", "-7.5", "50")),
            pick((None, "0%", "19%")),
        )
        for nth in range(random.randint(0, 9) if orders else 0)
    ]
    calls = [
        (str(nth), pick(people), pick((None, *_DAYS)), pick(("0", "15", "90"))) for nth in range(random.randint(0, 5))
    ]
    targets = [(person, "2025Q1", pick(("0", "100", "33.33", "300"))) for person in people if random.random() < 1 / 2]
    return {
        "staff": staff,
        "teams": [("T1", "1.5"), ("T2", "0")],
        "orders": orders,
        "lines": lines,
        "calls": calls,
        "targets": targets,
    }
