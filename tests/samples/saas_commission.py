"""The data of `schemes/saas_commission`, made from a seed: `python -m tests.samples.saas_commission` writes it anew.

Sixty people, two quarters, from four systems that each write their own way: HR a plain CSV file, Finance a workbook with
a title above the table, the CRM an export as people download it (a byte order mark, amounts like `$12,500.00`, blank
lines at the end), billing Parquet.
Most rows are drawn; `_cases` sets what real life brings, each on a person of its own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from tests.samples.quarters import QUARTERS, Quarter

FOLDER = Path(__file__).parents[2] / "schemes" / "saas_commission"
SEED = 20250401
PEOPLE = 60
SEGMENTS = {"Commercial": 180_000, "Mid-Market": 320_000, "Enterprise": 560_000}
"""Each segment with the usual quota of a quarter, in dollars."""

REPS = ("Employee ID", "Name", "Segment", "Role", "Hire Date", "Termination Date", "Plan Letter Signed")
SHEET = "FY25 quotas"
QUOTAS = ("Employee ID", "Quarter", "Quota")
BOOKINGS = ("Opportunity ID", "Owner ID", "Account", "Close Date", "Type", "ACV")
MEMOS = ("memo_id", "opportunity_id", "employee_id", "issued_on", "amount")

HIRED = {
    "00108": "2024-11-15",  # under guarantee until 12 February
    "00116": "2025-02-03",  # under guarantee until 3 May, in both quarters
    "00123": "2025-01-01",  # ninety days: the whole first quarter
    "00131": "2025-05-19",
    "00139": "2025-03-31",  # one day of the first quarter
    "00147": "2025-07-01",  # not there yet
    "00155": "2025-02-17",  # and leaves within the ninety days
}
LEFT = {
    "00112": "2025-02-14",
    "00127": "2025-05-30",
    "00135": "2024-12-20",  # left before
    "00143": "2025-03-31",  # on the last day
    "00155": "2025-04-11",
}
MANAGERS = ("00150", "00160")
UNSIGNED = ("00119", "00131")
NO_QUOTA = (("00122", "2025Q1"), ("00122", "2025Q2"), ("00141", "2025Q2"))

Row = tuple[str, ...]


@dataclass(slots=True)
class Records:
    """The tables in the making, amounts in cents."""

    reps: list[Row] = field(default_factory=list)
    quotas: list[Row] = field(default_factory=list)
    bookings: list[Row] = field(default_factory=list)
    memos: list[Row] = field(default_factory=list)
    numbered: int = 0

    def book(self, who: str, day: str, kind: str, cents: int, account: str = "") -> str:
        """Add a booking; its number. The CRM renamed its first contracts on 10 March."""
        self.numbered += 1
        number = f"0065{self.numbered:04}"
        kind = "New Business" if kind == "New Logo" and day >= "2025-03-10" else kind
        self.bookings.append((number, who, account or f"Account {number[-3:]}", day, kind, _dollars(cents)))
        return number

    def credit(self, booking: str, who: str, day: str, cents: int) -> None:
        """Add a credit memo for a booking."""
        self.memos.append((f"CM-{len(self.memos) + 1:03}", booking, who, day, f"{cents // 100}.{cents % 100:02}"))

    def clear(self, who: str, quarter: Quarter) -> None:
        """Take out what somebody booked in a quarter, with its credit memos."""
        last = str(quarter.start + timedelta(days=quarter.days - 1))
        gone = {row[0] for row in self.bookings if row[1] == who and str(quarter.start) <= row[3] <= last}
        self.bookings = [row for row in self.bookings if row[0] not in gone]
        self.memos = [row for row in self.memos if row[1] not in gone]

    def quota(self, who: str, quarter: Quarter, dollars: int) -> None:
        """Set the quota of somebody."""
        self.quotas = [row for row in self.quotas if row[:2] != (who, quarter.name)]
        self.quotas.append((who, quarter.name, str(dollars)))


def records() -> Records:
    """All that the four systems hold, in order of their keys."""
    rng, made = Random(SEED), Records()  # noqa: S311  # the same data each time is what is wanted
    for nth in range(1, PEOPLE + 1):
        made.reps.append(_person(rng, nth))
    for quarter in QUARTERS:
        for who, _, segment, *_ in made.reps:
            _quarter(rng, made, who, SEGMENTS[segment], quarter)
    _cases(made)
    made.quotas.sort()
    made.bookings.sort()
    return made


# ---------------------------------------------------------------- drawn


def _person(rng: Random, nth: int) -> Row:
    who = f"00{100 + nth}"
    hired = HIRED.get(who, str(date(2017, 1, 1) + timedelta(days=rng.randrange(2700))))
    letter = "" if who in UNSIGNED else max(hired, str(date(2025, 1, 6) + timedelta(days=rng.randrange(20))))
    name = "Rep 07" if nth == 37 else f"Rep {nth:02}"  # two people of one name
    role = "Account Manager" if who in MANAGERS else "Account Executive"
    return who, name, tuple(SEGMENTS)[nth % 3], role, hired, LEFT.get(who, ""), letter


def _quarter(rng: Random, made: Records, who: str, usual: int, quarter: Quarter) -> None:
    """What one person booked in a quarter, about a quota's worth, the days before the first and after the last out."""
    if (who, quarter.name) not in NO_QUOTA and who not in MANAGERS:
        made.quota(who, quarter, usual + rng.randrange(-4, 5) * 10_000)
    deals = rng.choice((3, 4, 5, 6, 7, 9))
    for _ in range(deals):
        cents = usual * rng.randrange(40, 190) // deals + rng.randrange(100)
        kind = rng.choice(("New Logo", "New Logo", "Expansion", "Expansion", "Renewal"))
        day = quarter.day(rng)
        if not _employed(who, day):
            continue
        number = made.book(who, day, kind, cents)
        if rng.randrange(18) == 0:
            later = str(min(date.fromisoformat(day) + timedelta(days=rng.randrange(20, 80)), date(2025, 6, 30)))
            if _employed(who, later):
                made.book(who, later, "Cancellation", -cents, f"Account {number[-3:]}")
        elif rng.randrange(25) == 0:
            later = str(min(date.fromisoformat(day) + timedelta(days=rng.randrange(20, 80)), date(2025, 6, 30)))
            if _employed(who, later):
                made.credit(number, who, later, cents // 4)


def _employed(who: str, day: str) -> bool:
    return HIRED.get(who, "") <= day <= LEFT.get(who, "9999")


# ---------------------------------------------------------------- what real life brings


def _cases(made: Records) -> None:
    """Thresholds met exactly, and what plans forget."""
    first, second = QUARTERS
    # On the thresholds: 80% of quota less a cent, 80%, 100%, 125%, and the half cent that decides a rounding.
    for who, cents in (
        ("00102", 15_999_999),
        ("00103", 16_000_000),
        ("00104", 20_000_000),
        ("00105", 25_000_000),
        ("00106", 23_333_310),
    ):
        made.clear(who, first)
        made.quota(who, first, 200_000)
        made.book(who, "2025-03-31", "Expansion", cents - 5_000_000)
        made.book(who, "2025-01-01", "Expansion", 5_000_000)
    # New logos: one cent too small, just large enough, and so many that the kicker meets its limit.
    made.clear("00109", first)
    for cents in (1_499_999, 1_500_000):
        made.book("00109", "2025-02-11", "New Logo", cents)
    for nth in range(14):
        made.book("00110", "2025-05-05", "New Logo", 1_600_000 + nth, f"Account X{nth:02}")
    # Nothing booked at all; nothing but a cancellation of what was booked the quarter before.
    made.clear("00113", first)
    made.clear("00114", second)
    number = made.book("00114", "2025-03-28", "Expansion", 4_120_050)
    account = next(row[2] for row in made.bookings if row[0] == number)
    made.book("00114", "2025-04-22", "Cancellation", -4_120_050, account)
    # An account under two spellings, and one with a comma and a quote in its name.
    made.book("00117", "2025-03-03", "New Logo", 2_250_000, "Account 900")
    made.book("00117", "2025-03-12", "Expansion", 750_000, "ACCOUNT 900, Inc. ")
    made.book("00117", "2025-06-12", "Expansion", 125_075, 'Account 901 "West", Ltd.')
    # Booked under the name of somebody who has left, and of somebody who has not come yet.
    made.book("00112", "2025-03-03", "New Logo", 6_400_000)
    made.book("00135", "2025-01-09", "Renewal", 2_000_000)
    made.book("00131", "2025-05-16", "Expansion", 900_000)
    # A quota of nothing, for somebody on leave who booked all the same.
    made.clear("00120", second)
    made.quota("00120", second, 0)
    made.book("00120", "2025-06-02", "Renewal", 3_000_001)
    # New hires: one sells more than the guarantee, one nothing.
    made.clear("00123", first)
    made.book("00123", "2025-03-20", "New Logo", 19_000_000)
    made.clear("00139", second)
    # A quarter of renewals only, at half credit, with a half cent in it.
    made.clear("00124", second)
    made.book("00124", "2025-04-30", "Renewal", 30_000_001)
    made.book("00124", "2025-05-31", "Renewal", 10_000_002)


# ---------------------------------------------------------------- as files


def _dollars(cents: int) -> str:
    """`$12,500.00`, `-$1,200.50`, as the CRM shows amounts."""
    return f"{'-' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def _text(header: Row, rows: list[Row], end: str = "\n") -> str:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return sink.getvalue()


def texts(made: Records) -> Mapping[str, bytes]:
    """The content of each text file, by its name."""
    return {
        "reps.csv": _text(REPS, made.reps).encode(),
        "bookings.csv": _text(BOOKINGS, made.bookings, "\r\n").encode("utf-8-sig") + b"\r\n,,,,,\r\n",
    }


def quota_sheet(made: Records) -> list[tuple[str | float, ...]]:
    """The sheet of quotas as Finance keeps it, row by row: employees as text, for their zeros, dollars as numbers."""
    figures = [(who, quarter, float(dollars)) for who, quarter, dollars in made.quotas]
    return [("FY2025 quotas by quarter, approved 2025-01-10",), (), QUOTAS, *figures]


def memos(made: Records) -> pa.Table:
    """The credit memos as billing keeps them: dates and decimals."""
    number, booking, who, issued, amount = zip(*made.memos, strict=True)
    return pa.table(
        {
            MEMOS[0]: pa.array(number),
            MEMOS[1]: pa.array(booking),
            MEMOS[2]: pa.array(who),
            MEMOS[3]: pa.array([date.fromisoformat(day) for day in issued], pa.date32()),
            MEMOS[4]: pa.array([Decimal(cell) for cell in amount], pa.decimal128(12, 2)),
        }
    )


def main() -> None:
    """Write the files of the sample."""
    made, folder = records(), FOLDER / "data"
    folder.mkdir(exist_ok=True)
    for name, content in texts(made).items():
        (folder / name).write_bytes(content)
    pq.write_table(memos(made), folder / "credit_memos.parquet")
    with xlsxwriter.Workbook(folder / "quotas.xlsx") as book:
        book.add_worksheet("Read me").write(0, 0, "Quotas are on the next sheet.")
        sheet = book.add_worksheet(SHEET)
        for number, row in enumerate(quota_sheet(made)):
            sheet.write_row(number, 0, row)


if __name__ == "__main__":
    main()
