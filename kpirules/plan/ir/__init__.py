"""The plan: a small relational and scalar program, typed, that every engine runs to the same digits.

A plan is a tuple of steps. Each makes one relation, named, from earlier ones; a relation is rows of named, typed
columns. Scalars are pure and total: nothing they hold can raise, and no row depends on another.

How a value is held, by its type (`kpirules.values.types.Type`):

* numeric: an exact number; where `type.over` is set it is a quotient of two exact decimals, numerator `name` and
  denominator `name$over` in an engine's result, the denominator above zero;
* text; bool; date; month, quarter, half, year: the first day of the period, as a date.

Missing is null. Every scalar operator is strict (null in, null out) but `coalesce`, `is_missing`, `joined`, `Case`,
`and` and `or`: a false argument decides `and`, a true one `or`, whatever is missing beside it, as in
`x is missing or x > 5`.
"""

from kpirules.plan.ir.identity import RUN, SUBJECT_ROWS, Ident
from kpirules.plan.ir.program import (
    BROKEN,
    ROW,
    SUBJECTS,
    UNCREDITED,
    UNDATED,
    Advice,
    Check,
    Demand,
    Item,
    Output,
    Part,
    Piece,
    Plan,
)
from kpirules.plan.ir.scalars import (
    OVER,
    Case,
    Const,
    Op,
    Origin,
    Param,
    Ref,
    Scalar,
    Value,
    names_in,
    parts_of,
)
from kpirules.plan.ir.steps import (
    BY_ROWS,
    NOT_ACTIVE,
    NOT_ASKED,
    Binding,
    Compute,
    Filter,
    Gather,
    InForce,
    Measure,
    RowText,
    Scan,
    Step,
    reads,
)

__all__ = [
    "BROKEN",
    "BY_ROWS",
    "NOT_ACTIVE",
    "NOT_ASKED",
    "OVER",
    "ROW",
    "RUN",
    "SUBJECTS",
    "SUBJECT_ROWS",
    "UNCREDITED",
    "UNDATED",
    "Advice",
    "Binding",
    "Case",
    "Check",
    "Compute",
    "Const",
    "Demand",
    "Filter",
    "Gather",
    "Ident",
    "InForce",
    "Item",
    "Measure",
    "Op",
    "Origin",
    "Output",
    "Param",
    "Part",
    "Piece",
    "Plan",
    "Ref",
    "RowText",
    "Scalar",
    "Scan",
    "Step",
    "Value",
    "names_in",
    "parts_of",
    "reads",
]
