"""What every node has, names, and literals."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from kpirules.records import dataclass

if TYPE_CHECKING:
    from kpirules.source.spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything with a place in the text."""

    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name as compared: in NFC. What was typed is the span's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A bare number: `100_000`, `10万`, `1.5`."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Percent(Node):
    """`20%`, held as 1/5."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Money(Node):
    """`75 USD`, `75元`. `currency` is the ISO code (元 is CNY)."""

    value: Fraction
    currency: str


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A quoted text, without its quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Date(Node):
    """`2024-07-01`."""

    value: date


@dataclass(frozen=True, slots=True)
class Bool(Node):
    """`true`, `false`."""

    value: bool
