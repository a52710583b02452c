"""Where a value is written whose digits cannot be proved to fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kpirules.model.expr import Expr
from kpirules.model.operations.overflow import too_wide
from kpirules.source import Fault, Span
from kpirules.values.types import TooWide


@contextmanager
def proved(span: Span, parts: Sequence[Expr] = ()) -> Iterator[None]:
    """Tell of a value that is made here, of `parts`, by the first line of where it is written.

    Raises:
        Fault: its digits cannot be proved to fit (KPI305).
    """
    try:
        yield
    except TooWide as wide:
        raise Fault([too_wide(wide, span.head, tuple(parts))]) from None
