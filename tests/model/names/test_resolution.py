"""What a name means: columns, items, built-in words, in the person's scope and in a row's."""

from __future__ import annotations

import pytest

from kpirules.syntax.bounds import DEEPEST
from kpirules.syntax.suggestions import slips
from tests.helpers.schemes import HEADER, ONE, ORDERS, STAFF, Data, figures, refused, scheme, told


def test_built_in_words_may_be_columns() -> None:
    """Read bare where only the column could be meant, with the table's name where both could."""
    staff = """
    table staff
        staff_id text key
        target   money
        grade    text
        score    number(0)
        total    number(0)
        金额     money
    subject staff
    """
    data = {"staff": [("E1", "5", "x", "7", "9", "11")]}
    alone = 'define a = target * 2\ndefine b = score + total\ndefine c = 金额\ndefine d = if grade = "x" then 1 else 2'
    values = figures(scheme(alone, staff=staff), data)
    assert [values[name] for name in "abcd"] == [10, 16, 11, 1]
    both = """
    indicator one
        actual 3元
        target staff.target + 1
        missing score 0
        score  achievement * 100 + staff.score
    scorecard s
        one 100%
    grade by total
        > 10 : "A"
        else : "B"
    pay p
        amount total * 1元 + staff.total * 1元
    define e by grade
        "A" : 1
        "B" : 2
    """
    values = figures(scheme(both, staff=staff), data)
    assert [values[name] for name in ("one.score", "grade", "p", "e")] == [57, "A", 66, 1]


def test_a_column_goes_before_a_word_of_an_indicator_in_a_define() -> None:
    staff = "table staff\n    staff_id text key\n    target money\nsubject staff"
    define = "define half = target / 2"
    item = "indicator one\n    actual half\n    target 5\n    missing exclude\n    score achievement * 100"
    assert figures(scheme(define, item, staff=staff), {"staff": [("E1", "8")]})["one.score"] == 80


@pytest.mark.parametrize(
    "name",
    [
        "actual",
        "得分",
        "total",
        "总分",
        "grade",
        "等级",
        "active_days",
        "在岗比例",
        "period_end",
        "history",
        "own",
        "flags",
    ],
)
def test_reserved_names_are_no_items(name: str) -> None:
    code, text = told(scheme(f"define {name} = 1"))[0]
    assert code in ("KPI204", "KPI101")
    assert text == name


@pytest.mark.parametrize(
    "name",
    [
        "results",
        "subjects",
        "select",
        "order_",
        "from_",
        "staff_twice",
        "all_results",
        "value",
        "Staff",
        "STAFF",
        "key1",
    ],
)
def test_other_names_are_free(name: str) -> None:
    """Whatever the plan or an engine makes of them."""
    items = f"define {name} = sum(orders.amount)\npay p\n    amount {name} * 2"
    data: Data = {**ONE, "orders": [("1", "E1", "2025-01-01", "5", "won")]}
    assert figures(scheme(ORDERS, items), data)["p"] == 10


@pytest.mark.parametrize("name", ["results", "subjects", "data", "l", "r", "main", "Orders", "select_", "l表", "数据"])
def test_tables_of_any_name(name: str) -> None:
    table = ORDERS.replace("orders", name)
    items = f'define won = {name} where status = "won"\ndefine x = sum(won.amount where staff.role = "AE")'
    staff = STAFF.replace("subject staff", "subject staff where base > 5 or x > 1000")
    data: Data = {**ONE, name: [("1", "E1", "2025-01-01", "5", "won"), ("2", "E1", "2025-01-01", "6", "lost")]}
    assert figures(scheme(table, items, staff=staff), data)["x"] == 5


def test_names_that_differ_in_case_only() -> None:
    items = "define Won = 1\ndefine won = 2\ndefine WON = 3\npay p\n    amount base * (Won + won * 10 + WON * 100)"
    assert figures(scheme(items))["p"] == 321_000


def test_columns_of_any_name() -> None:
    staff = "table staff\n    工号 text key\n    naïve_é money between 0 and 99\n    Δ number(1)\n    _1 integer between 0 and 9\n    order_by integer between 0 and 9\nsubject staff"
    values = figures(
        scheme("define x = naïve_é * Δ * _1 * order_by", staff=staff), {"staff": [("甲", "2", "1.5", "3", "4")]}
    )
    assert values["x"] == 36


def test_groups_and_adjustments_are_named_within_their_scorecard() -> None:
    items = """
    indicator one
        actual base
        score by actual
            > 5  : 100
            else : 0
    scorecard s for role = "AE"
        group one 100%
            one 100%
        adjust s = 1
        adjust p = 2
    scorecard t for role = "KA"
        group one 100%
            one 100%
        adjust s = 3
    pay p
        amount total * 1元
    """
    assert figures(scheme(items))["p"] == 103
    assert told(scheme(items.replace("adjust p = 2", "adjust s = 2")))[0] == ("KPI202", "s")


def test_a_rows_scope() -> None:
    orders = ORDERS + "    bonus money"
    data: Data = {**ONE, "orders": [("1", "E1", "2025-01-01", "5", "won", "7")]}
    items = "define limit = 3元\ndefine amount = 100\ndefine x = sum(orders.amount where bonus > limit)"
    assert figures(scheme(orders, items), data)["x"] == 5
    clash = "define x = sum(orders.bonus where amount > 3)"
    faults = told(scheme(orders, "define amount = 100", clash))
    assert faults == [("KPI203", "amount")]
    clear = "define x = sum(orders.bonus where orders.amount > 3)"
    assert figures(scheme(orders, "define amount = 100", clear), data)["x"] == 7
    assert told(scheme(orders, "define mean = avg(orders.amount)", "define x = count(orders where amount > mean)")) == [
        ("KPI802", "mean")
    ]
    assert told(scheme(orders, "define x = count(orders where base > 3)")) == [("KPI201", "base")]
    assert told(scheme(orders, "define x = count(orders where active_days > 3)")) == [("KPI201", "active_days")]
    assert figures(scheme(orders, "define x = count(orders where day >= period_start)"), data)["x"] == 1


@pytest.mark.parametrize(
    ("written", "close"),
    [
        ("define x = bose", "base"),
        ("define x = staff.roll", "role"),
        ("define x = coun(orders)", "count"),
        ("define x = sum(order.amount)", "orders"),
    ],
)
def test_a_slip_of_the_hand(written: str, close: str) -> None:
    (fault,) = refused(scheme(ORDERS, written))
    assert [(note.key, note.args["similar"]) for note in fault.helps] == [("similar", close)]


def test_a_keyword_that_sticks_to_a_name() -> None:
    (fault,) = refused(scheme("定义 甲 = 如果 base > 3且base < 5 则 1 否则 2"))
    assert fault.span is not None
    assert (fault.code, fault.helps[0].key) in (("KPI201", "space"), ("KPI101", "space"))


def test_a_fault_is_told_once_however_often_it_is_used() -> None:
    items = "define x = bse\n" + "\n".join(f"define y{nth} = x + {nth}" for nth in range(5))
    assert told(scheme(items)) == [("KPI201", "bse")]
    broken = "table orders\n    order_id text key\n    amount money money"
    assert [code for code, _ in told(scheme(broken, "define x = sum(orders.amount)"))] == ["KPI101"]


def test_circles_print_themselves() -> None:
    (fault,) = refused(scheme("define a = b + 1", "define b = c + 1", "define c = a + 1"))
    assert fault.args["circle"] == "a → b → c → a"
    (fault,) = refused(scheme("define a = a + 1"))
    assert fault.args["circle"] == "a → a"
    (fault,) = refused(scheme(ORDERS, "define a = b where amount > 1", "define b = a where amount > 2"))
    assert fault.args["circle"] == "a → b → a"
    chain = [f"define d{nth} = d{nth - 1} + d{nth - 1}" for nth in range(1, 40)]
    assert told(scheme("define d0 = base", *chain)) == []
    items = "define p1 = achievement + p2\ndefine p2 = p1\nindicator i\n    actual base\n    target 5\n    missing exclude\n    score p1 * 100"
    assert [code for code, _ in told(scheme(items))] == ["KPI207"]


def test_defines_may_come_in_any_order_and_be_unused() -> None:
    items = "pay p\n    amount b * 2\ndefine b = a * 2\ndefine a = base\ndefine unused = achievement * 3"
    assert figures(scheme(items))["p"] == 4000


def test_currencies() -> None:
    header = HEADER.replace("CNY", "USD")
    assert figures(scheme("pay p\n    amount base + 75 USD", header=header))["p"] == 1075
    assert told(scheme("pay p\n    amount base + 75元", header=header)) == [("KPI310", "75元")]


# ---------------------------------------------------------------- chains and circles, however long

MANY = DEEPEST
"""As many as may stand one upon the other."""

CHAINS = {
    "defines": ["define d0 = base", *(f"define d{n} = d{n - 1} + 1" for n in range(1, MANY))],
    "scores": [
        "indicator i0\n    actual base / 100_000 CNY\n    score actual * 1, at most 100",
        *(f"indicator i{n}\n    actual i{n - 1}.score\n    score actual, at most 100" for n in range(1, MANY)),
    ],
    "pays": ["pay p0\n    amount base", *(f"pay p{n}\n    amount p{n - 1}" for n in range(1, MANY))],
    "gates": [
        *(f"pay p{n}\n    amount base" for n in range(MANY)),
        *(f"gate g{n} when p{n - 1} > {n}\n    p{n} at most {n}" for n in range(1, MANY)),
    ],
    "columns": [
        "define orders.c0 = amount",
        *(f"define orders.c{n} = c{n - 1} + 1" for n in range(1, MANY)),
    ],
    "definitions of an indicator": [
        "define d0 = actual",
        *(f"define d{n} = d{n - 1} + 1" for n in range(1, MANY)),
        f"indicator i\n    actual base / 100_000 CNY as number\n    score d{MANY - 1}, at most 100",
    ],
    "filters": [
        "define f0 = orders where amount > 0",
        *(f"define f{n} = f{n - 1} where amount > {n}" for n in range(1, MANY)),
        f"define x = count(f{MANY - 1})",
    ],
}

_OF_AN_INDICATOR = "indicator j\n    actual base / 100_000 CNY as number\n    score e, at most 100"

LONGER = {
    "defines": (f"define d{MANY} = d{MANY - 1} + 1", f"d{MANY - 1}"),
    "scores": (
        f"indicator i{MANY}\n    actual i{MANY - 1}.score\n    score actual, at most 100",
        f"i{MANY - 1}.score",
    ),
    "pays": (f"pay p{MANY}\n    amount p{MANY - 1}", f"p{MANY - 1}"),
    "gates": (
        f"pay p{MANY}\n    amount base\ngate g{MANY} when p{MANY - 1} > 1\n    p{MANY} at most 1",
        f"p{MANY - 1}",
    ),
    "columns": (f"define orders.c{MANY} = c{MANY - 1} + 1", f"c{MANY - 1}"),
    "definitions of an indicator": (
        f"define d{MANY} = d{MANY - 1} + 1\ndefine e = d{MANY}\n{_OF_AN_INDICATOR}",
        "e",
    ),
    "filters": (f"define f{MANY} = f{MANY - 1} where amount > 0", f"f{MANY - 1}"),
}
"""One more, and where it is told."""


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("kind", CHAINS)
def test_long_chains(kind: str, backwards: bool) -> None:  # noqa: FBT001  # a case of its own
    items = CHAINS[kind][::-1] if backwards else CHAINS[kind]
    assert told(scheme(ORDERS, *items)) == []


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("kind", CHAINS)
def test_chains_that_are_too_long(kind: str, backwards: bool) -> None:  # noqa: FBT001  # a case of its own
    more, place = LONGER[kind]
    items = [*CHAINS[kind], more]
    assert told(scheme(ORDERS, *(items[::-1] if backwards else items))) == [("KPI219", place)]


def test_a_long_circle_is_told_whole() -> None:
    many = 700
    (fault,) = refused(scheme(*(f"define d{n} = d{(n + 1) % many} + 1" for n in range(many))))
    assert fault.code == "KPI207"
    assert fault.args["circle"] == " → ".join([*(f"d{n}" for n in range(many)), "d0"])


def test_a_circle_is_told_with_each_reading() -> None:
    """It begins with the first that is declared; what only leads into it is no part of it."""
    (fault,) = refused(scheme("define in_front = b", "define a = c", "define b = a", "define c = b + 1"))
    assert fault.args["circle"] == "b → a → c → b"
    assert [(label.key, label.span.text) for label in fault.labels] == [("reads", text) for text in "acb"]


def test_a_circle_through_an_indicators_definition_names_it() -> None:
    """`points` belongs to whichever indicator uses it; the circle leads through it all the same."""
    (fault,) = refused(
        scheme(
            "define points = achievement * 100 + two.score",
            "indicator one\n    actual base\n    target 5\n    score points",
            "indicator two\n    actual one.score\n    score actual",
        )
    )
    assert fault.args["circle"] == "one.score → points → two.score → two.actual → one.score"


def test_a_circle_hides_no_other_fault_in_it() -> None:
    faults = told(scheme("define a = b + sum(1)", "define b = a + nothing"))
    assert faults == [("KPI207", "b"), ("KPI523", "1"), ("KPI201", "nothing")]


def test_tables_that_all_refer_to_each_other() -> None:
    """There are millions of ways between them; two are enough to say so."""
    names = [f"t{n}" for n in range(12)]
    tables = [
        f"table {name}\n    id text key\n    day date period\n"
        + "".join(f"    to_{other} text references {other}\n" for other in names if other != name)
        for name in names
    ]
    ends = "table last\n    id text key\n    who text references staff\n    to_t0 text references t0"
    tables[-1] += "    who text references staff\n"
    assert told(scheme(*tables, ends, "define x = count(t0)")) == [("KPI520", "count(t0)")]


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        ("月份数(hired, period_end)", "月数"),
        ("月分(hired)", "月份"),
        ("monts(hired, period_end)", "months"),
        ("monts(hired)", "month"),
        ("average(orders.amount)", "avg"),
        ("求和(orders.amount)", "sum"),
        ("datediff(hired, period_end)", "days"),
        ("roundup(1.5)", "ceil"),
    ],
)
def test_the_function_that_was_meant_takes_as_many_arguments(call: str, meant: str) -> None:
    staff = "table staff\n    staff_id text key\n    hired date\nsubject staff"
    (fault,) = refused(scheme(ORDERS, f"define x = {call}", staff=staff))
    assert (fault.code, fault.helps[0].args["similar"]) == ("KPI213", meant)


def test_what_is_missing_where_there_is_no_total_or_grade() -> None:
    for text, help_ in (
        ('grade by total\n    > 3 : "A"\n    else : "B"', "card"),
        ('define x = grade = "A"', "graded"),
    ):
        (fault,) = refused(scheme(text))
        assert (fault.code, [note.key for note in fault.helps]) == ("KPI201", [help_])


def test_a_table_of_nobody_is_told_once() -> None:
    deals = "table deals\n    deal_id text key\n    opener text references staff\n    closer text references staff"
    deals += "\n    day date period\n    amount money"
    read = "define x = sum(deals.amount where staff.base > 3)\ndefine y = count(deals)"
    assert [code for code, _ in told(scheme(deals, read))] == ["KPI520"]
    loose = deals.replace("references staff", "")
    assert [code for code, _ in told(scheme(loose, read))] == ["KPI520"]
    via = deals + "\n    via opener"
    assert told(scheme(via, read)) == []


@pytest.mark.parametrize(
    ("row", "written"),
    [
        ("月薪大于5000", "月薪 > 5000"),
        ("大于等于5000元", "≥ 5000元"),
        ("其他", "else"),
        ("FALSE", "false"),
        ("月薪", None),
    ],
)
def test_a_name_that_holds_a_comparison_or_a_word_of_the_language(row: str, written: str | None) -> None:
    assert slips.named(row, "en") == written


@pytest.mark.parametrize(
    ("items", "code", "text", "help_", "write"),
    [
        ("define x = if role = AE then 1 else 2", "KPI201", "AE", "quote", '"AE"'),
        ("define x = if role = Boss then 1 else 2", "KPI201", "Boss", "texts", None),
        ("define x = if role in AE, KA then 1 else 2", "KPI201", "AE", "quote", '"AE"'),
        ("define x by role\n    AE : 1\n    else : 2", "KPI201", "AE", "quote", '"AE"'),
        ("define x by staff_id\n    E1 : 1\n    else : 2", "KPI201", "E1", "quote", '"E1"'),
        ("define x = if staff_id = basee then 1 else 2", "KPI201", "basee", "similar", None),
        ('grade by base\n    >= 9 : S\n    else : "B"', "KPI533", "S", "quote", '"S"'),
        (
            'grade by base\n    >= 9 : "S"\n    else : "B"\ngate g when base > 5\n    grade at most B',
            "KPI201",
            "B",
            "quote",
            '"B"',
        ),
    ],
)
def test_a_text_without_its_quotes(items: str, code: str, text: str, help_: str, write: str | None) -> None:
    faults = [fault for fault in refused(scheme(items)) if fault.span is not None and fault.span.text == text]
    (fault,) = faults
    assert fault.code == code
    assert [(note.key, note.args.get("write")) for note in fault.helps] == [(help_, write)]
