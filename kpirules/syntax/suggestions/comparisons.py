"""Comparisons, as signs and in words."""

from __future__ import annotations

import re

COMPARED = r"(<=|>=|≤|≥|<|>)"
"""The signs of comparisons that have an order."""

_SIGNS: tuple[tuple[str, str], ...] = (
    (r"大于等于|大于或等于|不小于|不少于|不低于|不得低于|不得少于|高于等于|至少", "≥"),
    (r"小于等于|小于或等于|不大于|不多于|不超过|不高于|不得超过|不得高于|低于等于|至多|最多", "≤"),
    (r"不等于|不是|不为(?!空)", "≠"),
    (r"大于|高于|多于|超过|超出", ">"),
    (r"小于|低于|少于|不足|不满|未满", "<"),
    (r"等于|是|为(?!空)", "="),
    (r"(?:is )?(?:greater|more|higher) than or equal to|(?:is )?(?:not|no) (?:less|lower) than|at least", ">="),
    (r"(?:is )?(?:less|lower) than or equal to|(?:is )?(?:not|no) (?:more|greater|higher) than|at most|up to", "<="),
    (r"(?:is )?(?:greater|more|higher) than|(?:is )?(?:above|over)|exceeds", ">"),
    (r"(?:is )?(?:less|lower|fewer) than|(?:is )?(?:below|under)", "<"),
    (r"(?:is )?not equal to|is not(?! (?:missing|null|empty))|isn't", "!="),
    (r"(?:is )?equal(?:s| to)|is(?! (?:not|missing|null|empty))", "="),
)
"""Comparisons in words, the longer before those they begin with."""

WORDED = "|".join(
    rf"(?P<s{n}>(?:{worded}){'' if sign in '≥≤≠' else '(?![a-z])'})" for n, (worded, sign) in enumerate(_SIGNS)
)
"""A comparison in words; `meant` has its sign."""

_EITHER = re.compile(rf"(?P<sign>[<>!]=|[<>=≤≥≠])|{WORDED}")


def meant(comparison: re.Match[str]) -> str:
    """The sign of a comparison in words."""
    return next(sign for n, (_, sign) in enumerate(_SIGNS) if comparison[f"s{n}"])


def compared(lexed: str, at: int) -> tuple[int, str] | None:
    """Where a comparison that stands at an offset ends, as a sign or in words, and its sign."""
    comparison = _EITHER.match(lexed, at)
    return (comparison.end(), comparison["sign"] or meant(comparison)) if comparison else None
