"""`by`, `choose`, `curve`, `tiers` and limits give the right figure, on every side of every boundary."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from textwrap import dedent, indent

import pytest

from tests.helpers.schemes import HEADER, figures, scheme, told

STAFF = """
table staff
    staff_id text key
    sold  money(2) between -1_000_000 and 1_000_000
    role  text in "AE", "KA", "SE"
    quota money(2) between 0 and 1_000_000
    rate  percent between 0% and 100%
    level integer optional
    ok    bool
    hired date
    name  text
subject staff
"""


def _define(rule: str) -> str:
    head, _, rows = rule.strip().partition("\n")
    return f"define x {head}\n{indent(dedent(rows), '    ')}"


def _of(rule: str, sold: Sequence[str | Fraction], **columns: Sequence[str | None]) -> list[object]:
    """A define's value for people who have sold so much."""
    rest = {
        "role": "AE",
        "quota": "100",
        "rate": "10%",
        "level": None,
        "ok": "true",
        "hired": "2025-01-01",
        "name": "a",
    }
    rows = []
    for nth, amount in enumerate(sold):
        others = [columns[name][nth] if name in columns else value for name, value in rest.items()]
        rows.append((f"E{nth:02}", str(amount), *others))
    return list(figures(scheme(_define(rule), staff=STAFF), {"staff": rows}).column("x"))


def test_rows_are_taken_from_the_top() -> None:
    rule = """by sold
        >= 100 : 3
        >= 50  : 2
        > 0    : 1
        else   : 0
    """
    result = _of(rule, ["100.01", "100", "99.99", "50", "49.99", "0.01", "0", "-5"])
    assert result == [3, 3, 2, 2, 1, 1, 0, 0]


def test_rows_of_every_comparison() -> None:
    rule = """by sold
        = 7   : 1
        < 5   : 2
        <= 6  : 3
        != 8  : 4
        = 8   : 5
    """
    assert _of(rule, ["7", "4.99", "5", "6", "6.01", "8"]) == [1, 2, 3, 3, 4, 5]


def test_listed_rows() -> None:
    rule = """by sold
        1, 2.5, -3 : 1
        else       : 0
    """
    assert _of(rule, ["1", "2.5", "-3", "2"]) == [1, 1, 1, 0]
    rule = """by role
        "AE", "KA" : 1
        "SE"       : 2
    """
    assert _of(rule, ["0"] * 3, role=["AE", "KA", "SE"]) == [1, 1, 2]


def test_rows_by_text_date_and_bool() -> None:
    rule = """by role
        = "AE"  : 1
        != "KA" : 2
        "KA"    : 3
    """
    assert _of(rule, ["0"] * 3, role=["AE", "SE", "KA"]) == [1, 2, 3]
    rule = """by hired
        < 2025-01-01  : 1
        = 2025-01-01  : 2
        > 2025-01-01  : 3
    """
    assert _of(rule, ["0"] * 3, hired=["2024-12-31", "2025-01-01", "2025-01-02"]) == [1, 2, 3]
    rule = """by ok
        true  : 1
        false : 2
    """
    assert _of(rule, ["0"] * 2, ok=["false", "true"]) == [2, 1]
    rule = """by name
        "a'b", "总分" : 1
        else : 2
    """
    assert _of(rule, ["0"] * 3, name=["a'b", "总分", 'x"y']) == [1, 1, 2]


def test_bounds_of_each_person() -> None:
    rule = """by sold
        >= quota * 2 : 3
        >= quota     : 2
        else         : 1
    """
    assert _of(rule, ["200", "199", "99", "0"], quota=["100", "100", "100", "0"]) == [3, 2, 1, 3]


def test_rows_of_a_quotient() -> None:
    rule = """by sold / (quota + 3)
        >= 50% : 1
        else   : 2
    """
    assert _of(rule, ["51.50", "51.49", "-1"]) == [1, 2, 2]


def test_choose_takes_the_first_that_holds() -> None:
    rule = """choose
        when sold > 100 and ok     : 1
        when role in "KA", "SE"    : sold / 3
        when level is missing      : quota * rate
        else                       : 1元 * level
    """
    result = _of(rule, ["101", "10", "10", "10"], role=["AE", "KA", "AE", "AE"], level=["1", "1", None, "7"])
    assert result == [1, Fraction(10, 3), 10, 7]


def test_rules_within_rows() -> None:
    rule = """by role
        "AE" :
            by sold
                >= 100 : sold * 10%, at most 15
                else :
                    choose
                        when ok : 1
                        else    : 2
        "KA" :
            curve sold
                0   : 0
                100 : 10
        else :
            tiers sold
                up to 100 : 1%
                above     : 2%
    """
    sold = ["200", "120", "99", "99", "50", "50", "150"]
    roles = ["AE", "AE", "AE", "AE", "KA", "SE", "SE"]
    ok = ["true", "true", "true", "false", "true", "true", "true"]
    assert _of(rule, sold, role=roles, ok=ok) == [15, 12, 1, 2, 5, Fraction("0.5"), 2]


# ---------------------------------------------------------------- curve

CURVE = """curve sold
    60 : 0
    80 : 80
    95 : 100
"""


def _line(x: Fraction) -> Fraction:
    points = [(Fraction(60), Fraction(0)), (Fraction(80), Fraction(80)), (Fraction(95), Fraction(100))]
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def test_a_curve_is_straight_between_its_points() -> None:
    sold = ["-5", "59.99", "60", "60.01", "79.99", "80", "80.01", "90", "94.99", "95", "95.01", "1000"]
    assert _of(CURVE, sold) == [_line(Fraction(x)) for x in sold]


def test_a_curve_may_open_with_rows() -> None:
    rule = "curve sold\n    < quota : -1\n    > 200 : sold\n" + CURVE.split("\n", 1)[1]
    sold = ["70", "80", "201", "200"]
    assert _of(rule, sold, quota=["71", "80", "0", "0"]) == [-1, 80, 201, 100]


def test_a_falling_curve_of_a_quotient() -> None:
    rule = """curve sold / (quota + 200)
        10% : 100
        40% : 0
    """
    assert _of(rule, ["30", "75", "120", "30.01"]) == [100, 50, 0, 100 - Fraction("0.01") / 300 / Fraction("0.3") * 100]


# ---------------------------------------------------------------- tiers

TIERS = """tiers sold
    up to 100 : 1%
    up to 300 : 2%
    above     : 3%
"""


def _paid(x: Fraction) -> Fraction:
    if x <= 100:
        return x / 100
    if x <= 300:
        return 1 + (x - 100) / 50
    return 5 + (x - 300) * Fraction(3, 100)


def test_each_slice_at_its_own_rate() -> None:
    sold = ["-50", "0", "0.01", "100", "100.01", "300", "300.01", "1000"]
    assert _of(TIERS, sold) == [_paid(Fraction(x)) for x in sold]


def test_below_zero_the_first_rate_takes_back() -> None:
    assert _of(TIERS, ["-1000"]) == [-10]


def test_tiers_of_each_person() -> None:
    rule = """tiers sold
        up to quota       : rate
        up to quota * 1.5 : rate * 200%
        above             : 50%
    """
    result = _of(rule, ["80", "100", "120", "200", "10"], quota=["100", "100", "100", "100", "0"])
    assert result == [8, 10, 14, 10 + 10 + 25, 5]


def test_a_rate_by_rows_within_tiers() -> None:
    rule = """tiers sold
        up to 100 : 1%
        above :
            by role
                "AE" : 2%
                else : 5%
    """
    assert _of(rule, ["50", "200", "200"], role=["AE", "AE", "KA"]) == [Fraction("0.5"), 3, 6]


@pytest.mark.parametrize(("quota", "fails"), [("100", False), ("300", False), ("300.01", True)])
def test_tiers_must_rise_for_each_person(quota: str, fails: bool) -> None:  # noqa: FBT001  # a figure that is expected
    rule = "tiers sold\n        up to quota : 1%\n        up to 300 : 2%\n        above : 3%"
    people = {"staff": [("E1", "50", "AE", quota, "0%", None, "true", "2025-01-01", "a")]}
    worked_out = figures(scheme(f"pay x\n    amount {rule}", staff=STAFF), people)
    assert worked_out.faults == ({"KPI706 x": ["E1"]} if fails else {})


FROM = [("145", "20"), ("0", "50"), ("300", "1"), ("99.99", "0.02"), ("250", "-200"), ("0", "-30"), ("50", "0")]


def test_tiers_from_what_was_counted_before() -> None:
    """What prior and new earn together, less what prior alone earns."""
    rule = TIERS.replace("tiers sold", "tiers sold from quota")
    result = _of(rule, [sold for _, sold in FROM], quota=[before for before, _ in FROM])
    assert result == [_paid(Fraction(before) + Fraction(sold)) - _paid(Fraction(before)) for before, sold in FROM]


def test_tiers_from_a_literal_and_a_start_of_another_unit() -> None:
    assert _of(TIERS.replace("tiers sold", "tiers sold from 100"), ["50"]) == [1]
    text = TIERS.replace("tiers sold", "tiers sold from level")
    assert told(scheme(f"define x {text}", staff=STAFF.replace(" optional", ""))) == [("KPI302", "sold from level")]


def test_tiers_from_end_in_the_row_of_the_whole() -> None:
    text = f"pay x\n    amount {indent(TIERS.replace('sold', 'sold from quota'), '    ').strip()}"
    people = {"staff": [("E1", "20", "AE", "90", "0%", None, "true", "2025-01-01", "a")]}
    worked_out = figures(scheme(text, staff=STAFF), people)
    assert worked_out.column(worked_out.compiled.plan.items[0].tier1["row"]) == ["up to 300"]


def test_tiers_of_a_count_and_of_a_whole_amount() -> None:
    orders = "table orders\n    id text key\n    who text references staff\n    day date period"
    rule = "define x tiers count(orders)\n    up to 2 : 10\n    above : 5\ndefine y = count(orders) * rate_\n"
    rule += "define rate_ by count(orders)\n    <= 2 : 10\n    else : 5"
    rows = [(str(nth), "E1", "2025-02-01") for nth in range(3)]
    worked_out = figures(scheme(orders, rule), {"staff": [("E1", "AE", "0")], "orders": rows})
    assert (worked_out["x"], worked_out["y"]) == (25, 15)


def test_on_a_bound_the_row_is_the_one_that_names_it() -> None:
    """Both rows beside it come to the same figure there, and only one is told: of a curve the line that begins."""
    curve = "define x curve sold\n    60 : 0\n    80 : 80\n    95 : 100"
    pays = f"pay p\n    amount {indent(TIERS, '    ').strip()}\npay q\n    amount x * 1 CNY"
    sold = ["60", "80", "95", "100", "300", "300.01"]
    staff = [(f"E{nth}", amount, "AE", "0", "0%", None, "true", "2025-01-01", "a") for nth, amount in enumerate(sold)]
    worked_out = figures(scheme(curve, pays, staff=STAFF), {"staff": staff})
    (tiers, _) = worked_out.compiled.plan.items
    assert worked_out.column(tiers.tier1["row"]) == [*["up to 100"] * 4, "up to 300", "above"]
    step = worked_out.compiled.plan.step(worked_out.compiled.plan.result)
    (drawn,) = [binding for binding in step.bindings if binding.name == "x"]  # type: ignore[union-attr]  # the last step
    assert drawn.row is not None
    taken = [drawn.rows[int(str(row))].head for row in worked_out.column(drawn.row)]
    assert taken == ["≤ 60", "80 … 95", *["≥ 95"] * 4]
    assert drawn.type.bounds == (0, 100)


def test_a_band_comes_to_no_more_than_what_lies_in_it() -> None:
    """-1,000,000 at 10% are -100,000; 100 at 10% and the rest of 1,000,000 at 1% are 10 + 9,999."""
    worked_out = figures(scheme("define x tiers sold\n    up to 100 : 10%\n    above : 1%", staff=STAFF), {})
    step = worked_out.compiled.plan.step(worked_out.compiled.plan.result)
    (paid,) = [binding for binding in step.bindings if binding.name == "x"]  # type: ignore[union-attr]  # the last step
    assert paid.type.bounds == (-100_000, 10_009)


# ---------------------------------------------------------------- limits


def test_limits_apply_left_to_right() -> None:
    assert _of("= sold, at most 120, at least 0", ["130", "120", "5", "-1"]) == [120, 120, 5, 0]
    assert _of("= sold, at least quota, at most 5", ["20", "1"]) == [5, 5]
    assert _of("= sold, at least 5, at most 5", ["20", "1"]) == [5, 5]
    assert _of("= sold, at most 5, at least quota", ["20", "1"]) == [100, 100]
    assert _of("= sold / 3, at most quota / 7", ["30", "100"]) == [10, Fraction(100, 7)]


def test_limits_under_a_rule() -> None:
    item = """
    indicator one
        actual sold
        score by actual
            > 50 : 80
            else : -10
        at most 70
        at least 0
    pay p
        amount tiers sold
            up to 100 : 1%
            above     : 2%
        at least 0, at most quota / 50
    """
    people = {
        "staff": [
            ("E1", "200", "AE", "100", "0%", None, "true", "2025-01-01", "a"),
            ("E2", "-100", "AE", "100", "0%", None, "true", "2025-01-01", "a"),
        ]
    }
    worked_out = figures(scheme(item, staff=STAFF), people)
    assert worked_out.column("one.score") == [70, 0]
    assert worked_out.column("p") == [2, 0]


def test_a_define_with_rows_is_bounded_by_a_second() -> None:
    text = 'define raw by role\n    "AE" : sold\n    else : 2 * sold\ndefine x = raw, at most 10'
    people = {"staff": [("E1", "8", "KA", "1", "0%", None, "true", "2025-01-01", "a")]}
    assert figures(scheme(text, staff=STAFF), people)["x"] == 10


def test_in_chinese() -> None:
    text = """
    定义 系数 按 role
        "AE","KA" : 1.5
        否则      : 0
    定义 分 判断
        当 sold ≥ 100 且 ok : 系数 × 10,封顶 12
        否则 : 如果 非 ok 则 3 否则 4
    定义 提成 超额累进 sold
        不超过 100 : 1%
        超出       : 2%
    定义 插 插值 sold
        0   : 0
        100 : 50
    """
    people = {
        "staff": [
            ("E1", "150", "AE", "1", "0%", None, "true", "2025-01-01", "a"),
            ("E2", "50", "SE", "1", "0%", None, "是", "2025-01-01", "a"),
        ]
    }
    worked_out = figures(scheme(text, staff=STAFF), people)
    assert worked_out.column("分") == [12, 4]
    assert worked_out.column("提成") == [2, Fraction("0.5")]
    assert worked_out.column("插") == [50, 25]


def test_half_even_rounds_scores_and_totals() -> None:
    header = HEADER.replace("money 2", "money 2, half even").replace("score 2", "score 1")
    item = "indicator one\n    actual sold / quota\n    missing exclude\n    score actual * 100"
    people = {"staff": [("E1", "0.25", "AE", "100", "0%", None, "true", "2025-01-01", "a")]}
    assert figures(scheme(item, header=header, staff=STAFF), people)["one.score"] == Fraction("0.2")
    assert figures(scheme(item, header=HEADER.replace("score 2", "score 1"), staff=STAFF), people)[
        "one.score"
    ] == Fraction("0.3")
