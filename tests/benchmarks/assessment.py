"""The rules of scheme.kpi as data, for the ways that work on floats: bounds, points, weights, titles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

CLOSE = 1e-9
"""How far beyond a bound a quotient of floats may lie and still count as equal to it."""
NUDGE = 1e-7
"""What a float is raised by, in units of its last place, before it is rounded half up."""


class Rows(NamedTuple):
    """A table of bounds, tried in order: `(text, bound, points)`, and the points of all others."""

    sign: Literal[">=", "<="]
    rows: tuple[tuple[str, float, float], ...]
    otherwise: float


class Curve(NamedTuple):
    """Straight lines between points: `(text, x, y)`."""

    points: tuple[tuple[str, float, float], ...]


class Capped(NamedTuple):
    """A hundred times the achievement, from 0 to 120."""


class Indicator(NamedTuple):
    """`target` names the target's column; with one, the achievement is scored, else the figure."""

    title: str
    rule: Rows | Curve | Capped
    target: str | None = None
    policy: Literal["exclude", "score 0"] = "exclude"


INDICATORS: Mapping[str, Indicator] = {
    "attainment": Indicator("Revenue attainment", Capped(), "revenue_target"),
    "margin": Indicator(
        "Gross margin",
        Rows(">=", ((">= 30%", 0.30, 100), (">= 25%", 0.25, 90), (">= 20%", 0.20, 75), (">= 15%", 0.15, 60)), 30),
        policy="score 0",
    ),
    "customers": Indicator(
        "New customers",
        Rows(">=", ((">= 120%", 1.2, 120), (">= 100%", 1, 100), (">= 50%", 0.5, 60)), 0),
        "customers_target",
    ),
    "win_rate": Indicator("Win rate", Curve((("20%", 0.2, 0), ("40%", 0.4, 60), ("60%", 0.6, 100)))),
    "deal_size": Indicator("Average deal", Curve((("1_000", 1_000, 0), ("4_000", 4_000, 80), ("6_000", 6_000, 100)))),
    "returns": Indicator("Returns", Rows("<=", (("<= 5%", 0.05, 100), ("<= 10%", 0.10, 80), ("<= 20%", 0.20, 50)), 0)),
    "discounts": Indicator("Discounts given", Rows("<=", (("<= 3%", 0.03, 100), ("<= 6%", 0.06, 70)), 40)),
    "strategic": Indicator(
        "Strategic share", Curve((("10%", 0.1, 0), ("30%", 0.3, 70), ("50%", 0.5, 100))), policy="score 0"
    ),
    "largest": Indicator("Dependence on one order", Rows("<=", (("<= 10%", 0.10, 100), ("<= 25%", 0.25, 80)), 60)),
    "satisfaction": Indicator("Customer satisfaction", Curve((("60", 60, 0), ("80", 80, 80), ("95", 95, 100)))),
    "units": Indicator("Units sold", Capped(), "units_target"),
    "lost": Indicator("Value lost", Rows("<=", (("<= 20%", 0.20, 100), ("<= 40%", 0.40, 60)), 20)),
}
GRADES = Rows(">=", ((">= 95", 95, 4), (">= 85", 85, 3), (">= 75", 75, 2), (">= 60", 60, 1)), 0)
"""The points are the place of the grade in `LETTERS`."""
LETTERS = "DCBAS"
COEFFICIENTS = {"S": 1.5, "A": 1.2, "B": 1.0, "C": 0.6, "D": 0.0}


class Group(NamedTuple):
    """A group of a scorecard: its indicators with their weights, which add up to its own."""

    name: str
    title: str
    weights: Mapping[str, float]

    @property
    def weight(self) -> float:
        """The weight of the group."""
        return round(sum(self.weights.values()), 2)


class Card(NamedTuple):
    """The scorecard of a role."""

    name: str
    role: str
    groups: tuple[Group, ...]

    def group(self, name: str) -> Group | None:
        """The group of that name."""
        return next((group for group in self.groups if group.name == name), None)


CARDS = (
    Card(
        "field",
        "AE",
        (
            Group("results", "Results", {"attainment": 0.30, "margin": 0.10, "units": 0.10, "deal_size": 0.10}),
            Group("customers_side", "Customers", {"customers": 0.10, "satisfaction": 0.10, "returns": 0.05}),
            Group("conduct", "Conduct", {"win_rate": 0.05, "discounts": 0.05, "lost": 0.05}),
        ),
    ),
    Card(
        "key_accounts",
        "KA",
        (
            Group("results", "Results", {"attainment": 0.30, "margin": 0.15, "strategic": 0.15, "largest": 0.10}),
            Group(
                "customers_side",
                "Customers",
                {"satisfaction": 0.15, "returns": 0.05, "discounts": 0.05, "lost": 0.05},
            ),
        ),
    ),
)
FIGURES = ("actual", "target", "achievement", "score", "weight", "effective_weight", "points", "value")
TEXTS = ("row", "limit", "policy", "gate", "left_out", "text")
SCORES = ("staff_id", "scorecard", "total", "grade", "bonus", "commission", "total_pay", "flags")
