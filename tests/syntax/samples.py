"""The same scheme in both languages, under the same names."""

from __future__ import annotations

from kpirules.source import Diagnostic, SourceText
from kpirules.syntax import ast
from kpirules.syntax.parse import parse

ENGLISH = """\
# sales, by the quarter
scheme east "East, quarterly"
    version   "2024.3"
    period    quarter
    effective from 2024-07-01 to 2025-06-30
    currency  CNY
    rounding  achievement 4, score 2, total 2, money 2, half even

use "grades.kpi"

table staff "Staff" expects rows
    staff_id   text  key
    role       text  in "AE", "KA"
    manager    text  optional references staff
    hired      date
    left_on    date  optional
    base_pay   money
    level      integer between -1 and 10
    rate       percent(1) as points
    share_of   percent optional as fraction
    weight     number(3)
    fixed      money(3)
    on_leave   bool
    active from hired to left_on
    via manager

table targets
    staff_id   text    references staff key
    quarter    quarter period key
    month      month
    half       half
    year       year
    follows    text matches targets optional
    revenue    money   between 0 and 10_000_000
    cost       money   unit 1_000
    profit     money   unit ten thousand
    visits     integer unit thousand
    assets     money   unit million
    funds      money   unit hundred million

subject staff where role in "AE", "KA"
    reports to manager

define won "Won" = orders where status = "won" and not voided
define revenue = sum(won.amount) or else 0 CNY
define coefficient by grade
    "S"      : 1.5
    "A", "B" : 1.2
    else     : 0
define ratio_score = achievement * 100, at most 120, at least 0
define orders.margin "Margin" = amount - cost, at least 0
define orders.kind by margin
    >= 1 : "good"
    else : "bad"
define blocks = -2 * (a + b) per 5 whole + c per d part - e per 1% pro rata
define plain = (a / b) as number * x as percent
define step choose
    when a >= 1 or b != 2 :
        by c
            < 3  : 1 / 2
            else : -1
    else :
        if d is missing then 0 else (e + 1) * 2

indicator attainment "Attainment"
    actual  revenue
    target  targets.revenue * active_share
    achievement actual / target
    missing exclude
    score   ratio_score
    advice when score < 60 : "{actual} of {target}"

indicator margin
    actual  sum(won.amount - won.cost where won.kind not in "x", "y") / revenue
    missing score 0
    score   by actual
        >= 30% : 100
        else   : 60
    at most  100, at least 10
    at least 20

indicator satisfaction
    actual  avg(surveys.rating) or else error
    missing error
    score   curve actual
        < 60 : 0
        60   : 0
        95   : 100

scorecard field "Field" for role = "AE"
    attainment 10%
    group results "Results" 60%
        margin       60%
    group service 30%
        satisfaction 30% when months(hired, period_end) >= 3 and left_on is present
    adjust referrals "Referrals" = 2 * count(referrals), at most 10
    total (weighted + adjustments) * 1.1
    at most 120

grade by total
    >= 95 : "S"
    else  : "B"

gate compliance "Critical" when count(violations where severity = "critical") > 0
    grade at most "C"
    attainment.score is 0
    commission at least 0 CNY

pay bonus "Bonus" for role = "AE" when on_leave = false
    amount base_pay * 3 * 20%
pay commission
    for role = "KA"
    when on_leave = true
    amount tiers revenue from 10_000
        up to 100_000 : 1%
        above         : 3%
    at most base_pay * 3
component kicker "New customers"
    amount 10 CNY * count(won)
outcome promotion "Promotion" when grade = "S"
ensure commission <= base_pay * 3 : "never above three months' pay"
require base_pay > 0 : "nobody works for nothing"
require for each orders amount >= 0 : "never negative"
"""

CHINESE = """\
# 销售，按季度
方案 east "East, quarterly"
    版本   "2024.3"
    周期   季度
    生效   自2024-07-01至2025-06-30
    币种   CNY
    舍入   achievement 4,score 2、total 2，money 2,银行家舍入

引入 "grades.kpi"

数据表 staff “Staff” 必有数据
    staff_id   文本  主键
    role       文本  属于 "AE"、"KA"
    manager    文本  引用 staff 可空
    hired      日期
    left_on    日期  可空
    base_pay   金额
    level      整数 介于 -1 且 10
    rate       百分比（1） 百分点制
    share_of   百分比 小数制 可空
    weight     数值(3)
    fixed      金额(3)
    on_leave   是否
    有效期 自 hired 至 left_on
    经由 manager

数据表 targets
    staff_id   文本    主键 引用 staff
    quarter    季  主键 所属期
    month      月
    half       半年
    year       年度
    follows    文本 可空 对应 targets
    revenue    金额   介于 0 且 1000万
    cost       金额   单位 １０００
    profit     金额   单位 万元
    visits     整数   单位 千
    assets     金额   单位 百万
    funds      金额   单位 亿元

考核对象 staff 其中 role 属于 "AE","KA"
    汇报 manager

定义 won "Won" ＝ orders 其中 status = “won” 且 非 voided
定义 revenue = sum(won.amount) 若无则 0元
定义 coefficient 按 grade
    "S"      ： 1.5
    "A","B"  ： 1.2
    否则     ： 0
定义 ratio_score = achievement × 100,封顶120，保底0
定义 orders.margin "Margin" = amount - cost,保底0
定义 orders.kind 按 margin
    ≥1 : "good"
    否则 : "bad"
定义 blocks = -2 × (a + b) 每5 整步 + c 每 d 不足计一 - e 每1% 按比例
定义 plain = (a / b) 作数值 × x 作百分比
定义 step 判断
    当 a ≥ 1 或 b ≠ 2 :
        按 c
            ＜ 3  : 1 ÷ 2
            否则 : -1
    否则 :
        如果 d 为空 则 0 否则 （e ＋ 1） × 2

指标 attainment "Attainment"
    实际  revenue
    目标  targets.revenue * active_share
    达成率 actual / target
    缺失 不计入
    得分   ratio_score
    建议 当 score < 60 : "{actual} of {target}"

指标 margin
    实际  sum(won.amount － won.cost 其中 won.kind 不属于 "x", "y") / revenue
    缺失 得分 0
    得分   按 actual
        >= 30％ : 100
        否则   : 60
    最多100，至少10
    不低于20

指标 satisfaction
    实际  avg(surveys.rating) 若无则 报错
    缺失 报错
    得分   插值 actual
        < 60 : 0
        60   : 0
        95   : 100

计分卡 field "Field" 适用 role = "AE"
    attainment 10%
    维度 results "Results" 60%
        margin       60%
    维度 service 30%
        satisfaction 30% 当 months(hired, period_end) >= 3 且 left_on 不为空
    加减分 referrals "Referrals" = 2 * count(referrals)，不高于10
    总分 (weighted + adjustments) × 1.1
    封顶120

等级 按 total
    ≥95 : "S"
    否则  : "B"

一票否决 compliance "Critical" 当 count(violations 其中 severity = "critical") > 0
    grade 不超过 "C"
    attainment.score 为 0
    commission 不低于 0 元

奖金 bonus "Bonus" 当 on_leave = 否 适用 role = "AE"
    金额 base_pay * 3 * 20%
奖金 commission
    适用 role = "KA"
    当 on_leave = 是
    金额 超额累进 revenue 起于1万
        不超过10万 : 1%
        超出         : 3%
    封顶 base_pay * 3
明细 kicker "New customers"
    金额 10元 × count(won)
结论 promotion "Promotion" 当 grade = "S"
保证 commission <= base_pay * 3 ： "never above three months' pay"
要求 base_pay > 0 : "nobody works for nothing"
逐笔要求 orders amount >= 0 : "never negative"
"""


def read(text: str) -> tuple[ast.File, tuple[Diagnostic, ...]]:
    """A text as `parse` reads it."""
    return parse(SourceText("test.kpi", text))


def sound(text: str) -> ast.File:
    """A text that has no fault."""
    file, faults = read(text)
    assert faults == (), [(fault.code, fault.span and fault.span.where) for fault in faults]
    assert not file.broken
    return file


def item(text: str) -> ast.Item:
    """The only item of a text that has no fault."""
    (read,) = sound(text).items
    return read


def formula(text: str) -> ast.Expr:
    """An expression."""
    define = item(f"define x = {text}\n")
    assert isinstance(define, ast.Define)
    assert isinstance(define.rule, ast.Formula)
    assert define.rule.limits == ()
    return define.rule.expr


def only(text: str) -> Diagnostic:
    """The only fault of a text."""
    _, faults = read(text)
    assert len(faults) == 1, [(fault.code, fault.span and fault.span.text) for fault in faults]
    return faults[0]


def said(fault: Diagnostic) -> tuple[str, str, list[str]]:
    """Code, place and helps of a fault."""
    assert fault.span is not None
    return fault.code, fault.span.text, [note.key for note in fault.helps]
