from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from kpirules.compiling import Compiled, compile_file, compile_scheme
from kpirules.plan.ir import Case, Compute, Const, Gather, Op, Plan, Ref, Scalar, Scan
from kpirules.plan.text import kind, render
from kpirules.plan.text_scalars import Wording
from kpirules.source import SourceText
from kpirules.source.catalogue import LANGUAGES
from kpirules.values import types
from kpirules.values.rounding import Mode
from kpirules.values.types import BOOL, Type
from kpirules.values.units import Unit
from tests.engines.plans import START, add, branch, mul, whole
from tests.golden.cases import good_cases
from tests.helpers.schemes import DATED, ORDERS, compiled, scheme
from tests.runs.project import SCHEME

A = Ref("a", types.decimal(Unit.NUMBER, 2, Fraction(0), Fraction(100)))
B = Ref("b", types.decimal(Unit.NUMBER, 0, Fraction(1), Fraction(9)))
SCHEMES = sorted(path for case in good_cases() for path in case.folder.glob("*.kpi"))
ENGLISH, CHINESE = (Wording(lang) for lang in LANGUAGES)


def op(name: str, *args: Scalar) -> Op:
    return Op(name, args, BOOL)


@pytest.mark.parametrize(
    ("node", "english", "chinese"),
    [
        (add(A, mul(B, whole("0.5"))), "a + (b × 0.5)", "a + (b × 0.5)"),
        (mul(add(A, B), whole("1/3")), "(a + b) × 1/3", "(a + b) × 1/3"),
        (
            op("and", op("lt", A, B), op("not", op("is_missing", A))),
            "(a < b) and not(a is missing)",
            "(a < b) 且 非(a 为空)",
        ),
        (op("in", A, whole(1), whole(2)), "a in 1, 2", "a 属于 1、2"),
        (op("coalesce", A, op("at_most", B, whole(2))), "a or else (b at most 2)", "a 若无则 (b 封顶 2)"),
        (Op("round", (A,), A.type, 1), "round(a, 1)", "四舍五入(a, 1)"),
        (Op("round", (A,), A.type, 0, Mode.EVEN), "round(a, 0, half even)", "四舍五入(a, 0, 银行家舍入)"),
        (
            branch((op("eq", A, B), whole(1))),
            "if a = b then 1; else missing",
            "如果 a = b 则 1；否则 缺失",
        ),
        (
            add(A, branch((op("eq", A, B), whole(1)), otherwise=whole(2))),
            "a + (if a = b then 1; else 2)",
            "a + (如果 a = b 则 1；否则 2)",
        ),
        (op("ge", START, START), "period_start ≥ period_start", "期初 ≥ 期初"),
        (Const("won", Type(Unit.TEXT)), '"won"', '"won"'),
        (Const(value=False, type=BOOL), "false", "否"),
        (Case((), None, BOOL), "else missing", "否则 缺失"),
    ],
)
def test_a_scalar_as_text(node: Scalar, english: str, chinese: str) -> None:
    assert ENGLISH.scalar(node, str) == english
    assert CHINESE.scalar(node, str) == chinese


def test_a_type_as_text() -> None:
    assert kind(A.type, ENGLISH) == "number(5,2)"
    assert kind(types.divide(A.type, B.type, Unit.NUMBER), ENGLISH) == "number(5,2)/(1,0)"
    assert kind(Type(Unit.TEXT, missing=True), ENGLISH) == "text?"
    assert kind(A.type, CHINESE) == "数值(5,2)"


def test_every_step_figure_item_and_check_stands_in_the_plan() -> None:
    plan = compile_scheme(SourceText("shop.kpi", SCHEME)).plan
    text = render(plan, "en")
    for nth in range(1, len(plan.steps) + 1):
        assert f"\n#{nth} " in text
    assert "\n   sales.score: number(20,2)? = round(" in text
    assert all(f"\n   {item.kind} {item.name}" in text for item in plan.items if item.name != item.kind)
    assert all(f"\n   {check.code} (" in text for check in plan.checks)
    assert "weight 60%" in text
    assert text.splitlines()[:2] == [
        "scheme shop “Shop, quarterly”, version 1.0, by quarter, CNY",
        "in force from 2025-01-01 to 2025-12-31",
    ]


def _internal(plan: Plan) -> set[str]:
    """Names that lowering made up, and no rule has."""
    names: set[str] = set()
    for step in [*plan.steps, *(step for demand in plan.demands for step in demand.steps)]:
        match step:
            case Scan():
                names |= set(step.columns)
            case Compute():
                names |= {binding.name for binding in step.bindings}
            case Gather():
                names |= {measure.name for measure in step.measures}
    return {name for name in names if re.search(r"[~$*]", name)}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", SCHEMES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_plan_speaks_of_nothing_but_what_it_has_told_of(path: Path, lang: str) -> None:
    """No name that lowering made up; each number stands at the head of a line before another line speaks of it."""
    plan = compile_file(path, path.name).plan
    text = render(plan, lang)
    assert not [name for name in _internal(plan) if name in text]
    told: set[str] = set()
    for line in text.splitlines():
        said, _, _ = line.partition("  [")
        head = re.match(r"(?:   )?(#[\w.]+)(?: |:)", said)
        assert set(re.findall(r"#\d+(?:\.\d+)?", said)) <= told | {head[1] if head else ""}, line
        if head:
            told.add(head[1])
    computed = [block for block in text.split("\n\n") if re.match(r"#\d+ (for each row of|对 )", block)]
    assert computed
    assert all(len(block.splitlines()) > 1 for block in computed)


PAID = scheme(
    ORDERS,
    """
    pay commission
        amount tiers sum(orders.amount)
            up to 100 : 1%
            above     : 2%
        at most staff.base
    """,
    staff=DATED,
)


def _paid() -> Compiled:
    return compiled(PAID)


def test_the_plan_of_a_small_scheme_in_words() -> None:
    """The sum of orders is joined to the person; then the tiers row by row, the cap, the rounding."""
    plan = _paid().plan
    lines = render(plan, "en").splitlines()
    begin = next(nth for nth, line in enumerate(lines) if line.startswith(f"#{len(plan.steps)} "))
    assert [line.partition("  [")[0] for line in lines[begin : begin + 7]] == [
        "#11 for each row of #10",
        "   #11.1: money(16,2) = #10.1 or else 0",
        "   #11.2: money(17,4) = each slice at its own rate, of #11.1",
        "      up to 100: #11.1 × 0.01",
        "      above: 1 + ((#11.1 - 100) × 0.02)",
        "   #11.3: money(18,4) = #11.2 at most staff.base",
        "   commission: money(16,2) = round(#11.3, 2)",
    ]
    chinese = render(plan, "zh")
    joined = "#10 #4 的每一行，配上 #8 中对应各行的汇总：staff.staff_id = orders.staff_id.staff_id"
    assert f"\n{joined}\n   #10.1: 金额(16,2) = 合计(orders.amount)" in chinese
    assert "\n   #11.2: 金额(17,4) = 超额累进，各段按各自的比率，按 #11.1" in chinese
