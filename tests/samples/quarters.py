"""The quarters of the samples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a sample."""

    name: str
    start: date
    days: int

    def day(self, rng: Random) -> str:
        """One of its days, drawn."""
        return str(self.start + timedelta(days=rng.randrange(self.days)))


QUARTERS = (Quarter("2025Q1", date(2025, 1, 1), 90), Quarter("2025Q2", date(2025, 4, 1), 91))
