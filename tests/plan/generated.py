"""Schemes and data made at random: well typed, small, and full of boundaries."""

from __future__ import annotations

from textwrap import indent

from hypothesis import strategies as st

from tests.helpers.schemes import HEADER, Data, scheme
from tests.plan.writing import TABLES, Writer


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
    items.append(f"define parts = {func}(orders.amount * {row.there('ratio', 2)} / 7)")
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
    adjust = f"\n    adjust more {write.formula('number')}" if draw(st.booleans()) else ""
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
    write, row = Writer(draw), Writer(draw, row=True, even=draw(st.booleans()))
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
