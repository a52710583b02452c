"""How large a scheme may be: within these bounds it is checked, compiled and worked out; past them it is refused."""

from __future__ import annotations

DEEPEST = 200
"""How deep a rule may nest, and how long a chain of values may be, each of which reads the one before.

A bracket, a block, an operator, a call, a condition and a limit are a level each, so a sum of 200 values has as many.
The gates on one value are a chain too: each acts on what the one before has left.
"""

MOST_ITEMS = 10_000
"""Items of a scheme, those of the files that it uses included."""

MOST_ROWS = 5_000
"""Rows of one table rule, those of the rules within it apart."""
