"""How long a check takes by the size of a scheme: `python -m tests.benchmarks.size`.

Schemes of one kind each are made at 200, 2,000 and 20,000 lines, and checked and compiled with all imports done. What
is printed is the time a line, in milliseconds, beside the time that `import lark` takes by itself. The goal is 0.25 ms
a line at every size: a scheme of twice the lines takes twice as long. `--kind` picks some kinds, `--lines` other sizes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import count, islice
from time import process_time

from kpirules.compiling import compile_scheme
from kpirules.source import Fault, SourceText

SIZES = (200, 2_000, 20_000)
"""Lines of the schemes that are timed."""

GOAL = 0.25
"""Milliseconds a line, at most."""

MOST_ROWS = 5_000
"""Rows of one rule; a scheme of more has several rules."""

DEEPEST = 150
"""Definitions that read each other in one chain."""

FRAME = """\
scheme big
    version  "1"
    period   quarter
    currency CNY
    rounding score 2, total 2, money 2
table staff
    staff_id text key
    role     text
    base     money between 0 and 1_000_000
    points   integer between 0 and 100_000
table orders
    order_id text key
    staff_id text references staff
    day      date period
    amount   money between -100_000 and 100_000
    qty      integer between 0 and 1_000
    status   text in "won", "lost"
subject staff
"""


def mixed(lines: int) -> str:
    """Items of every kind."""
    return _filled(lines, map(_mixed, count()), _card)


def _mixed(n: int) -> str:
    return f"""\
define won{n} "Won {n}" = orders where status = "won" and qty >= {n % 90}
define orders.margin{n} = amount * {n % 70 + 1}% + {n} CNY
define revenue{n} "Revenue {n}" = sum(won{n}.margin{n})
define rate{n} = revenue{n} / base or else 0%, at most 150%
define factor{n} by rate{n}
    >= 120% : 1.5
    >= 80%  : 1.2
    else    : 0
indicator attainment{n} "Attainment {n}"
    actual  revenue{n}
    target  base * {n % 5 + 1}
    missing exclude
    score   curve achievement
        60%  : 0
        90%  : 80
        100% : 100
pay bonus{n} "Bonus {n}"
    when    points >= {n}
    amount  base * 3% * factor{n} + {n} CNY
    at most base * 2
outcome good{n} "Good {n}" when bonus{n} >= {n} CNY and factor{n} > 0
ensure bonus{n} <= base * 2 : "no more than twice the base"
"""


def _card(blocks: int) -> str:
    """A scorecard of the first ten indicators, each a tenth."""
    shown = min(blocks, 10)
    shares = [100 // shown] * shown
    shares[0] += 100 - sum(shares)
    return "scorecard all\n" + "".join(f"    attainment{n} {share}%\n" for n, share in enumerate(shares))


def near_misses(lines: int) -> str:
    """Names that are declared, and as many with a slip of the pen."""
    return _filled(lines, (f"define revenue_of_{n} = {n} CNY\ndefine twice_{n} = revenu_of_{n} * 2\n" for n in count()))


def unknown(lines: int) -> str:
    """Names that nothing is like."""
    return _filled(lines, (f"define known_{n} = {n} CNY\ndefine one_{n} = zyx{n * 7919}qw * 2\n" for n in count()))


def by_numbers(lines: int) -> str:
    """Rules of as many comparisons as a rule may have."""
    return _ruled(lines, lambda n: f"define rate{n} by points\n", lambda row, rows: f"    >= {rows - row} : {row}%\n")


def by_texts(lines: int) -> str:
    """Rules of as many texts."""
    return _ruled(lines, lambda n: f"define rate{n} by role\n", lambda row, _: f'    "R{row}" : {row}%\n')


def choose(lines: int) -> str:
    """Rules of as many conditions."""
    return _ruled(lines, lambda n: f"define rate{n} choose\n", lambda row, _: f'    when role = "R{row}" : {row}%\n')


def curve(lines: int) -> str:
    """Curves of as many points."""
    return _ruled(lines, lambda n: f"define rate{n} curve points\n", lambda row, _: f"    {row} : {row * 3}\n", last="")


def tiers(lines: int) -> str:
    """Tiers of as many bands."""
    row = "    up to {0}_000 : {1}%\n"
    return _ruled(
        lines,
        lambda n: f"define pay{n} tiers base\n",
        lambda at, _: row.format(at + 1, at % 9),
        last="    above : 9%\n",
    )


def cards(lines: int) -> str:
    """Scorecards, each for a role of its own."""
    indicator = "indicator only\n    actual points\n    score points, at most 100\n"
    return _filled(
        lines, (f'scorecard card{n} for role = "R{n}"\n    only 100%\n' for n in count()), lambda _: indicator
    )


def domain_cards(lines: int) -> str:
    """Scorecards, each for one of the roles that a column lists."""
    most = (lines - len(FRAME.splitlines()) - 3) // 2
    roles = ", ".join(f'"R{n}"' for n in range(most))
    frame = FRAME.replace("role     text\n", f"role     text in {roles}\n")
    indicator = "indicator only\n    actual points\n    score points, at most 100\n"
    return frame + indicator + "".join(f'scorecard card{n} for role = "R{n}"\n    only 100%\n' for n in range(most))


def indicators(lines: int) -> str:
    """Indicators in one scorecard, as heavy as each other."""
    most = max(n for n in (25, 40, 50, 100, 125, 250, 500, 1000, 2000, 4000) if 5 * n < lines or n == 25)
    indicator = (
        "indicator one{0}\n    actual points + {0}\n    target points + 1\n    score achievement * 100, at most 120\n"
    )
    share = f"{100 / most:.6f}".rstrip("0").rstrip(".")
    card = "scorecard all\n" + "".join(f"    one{n} {share}%\n" for n in range(most))
    return FRAME + "".join(indicator.format(n) for n in range(most)) + card


def pays(lines: int) -> str:
    """Pay items."""
    return _filled(lines, (f"pay bonus{n}\n    amount base * {n % 100 + 1}%\n    at most base\n" for n in count()))


def chains(lines: int) -> str:
    """Definitions each of which reads the one before it."""
    ways = (f"points + {n}" if n % DEEPEST == 0 else f"x{n - 1} + 1" for n in count())
    return _filled(lines, (f"define x{n} = {way}\n" for n, way in enumerate(ways)))


def limits(lines: int) -> str:
    """Limits, a hundred on each item."""
    head = "pay bonus{0}\n    amount base\n"
    return _filled(
        lines,
        ((head.format(n // 100) if n % 100 == 0 else "") + f"    at most {1_000_000 - n % 100} CNY\n" for n in count()),
    )


def adjusts(lines: int) -> str:
    """Adjustments, as many in one scorecard as there is room for."""
    head = "indicator only\n    actual points\n    score points, at most 100\nscorecard all\n    only 100%\n"
    made = (f"    adjust plus{n} = points * {n % 10}, at most 10\n" for n in count())
    return FRAME + head + "".join(islice(made, max(0, lines - len((FRAME + head).splitlines()))))


def aggregates(lines: int) -> str:
    """Figures of rows, each of its own."""
    return _filled(lines, (f"define won{n} = sum(orders.amount where qty > {n})\n" for n in count()))


def columns(lines: int) -> str:
    """Computed columns, each of which reads the one before it, and a figure of each chain."""
    ways = (f"qty + {n}" if n % DEEPEST == 0 else f"c{n - 1} + 1" for n in count())
    return _filled(lines, (f"define orders.c{n} = {way}\n" for n, way in enumerate(ways)))


KINDS: Mapping[str, Callable[[int], str]] = {
    kind.__name__: kind
    for kind in (
        mixed,
        near_misses,
        unknown,
        by_numbers,
        by_texts,
        choose,
        curve,
        tiers,
        cards,
        domain_cards,
        indicators,
        pays,
        chains,
        limits,
        adjusts,
        aggregates,
        columns,
    )
}
"""What makes a scheme of so many lines, or of a few less, by kind."""


def _filled(lines: int, blocks: Iterator[str], more: Callable[[int], str] = lambda _: "") -> str:
    """The frame, as many blocks as there is room for, and what there is to say of so many."""
    made: list[str] = []
    left = lines - len(FRAME.splitlines())
    for block in blocks:
        left -= block.count("\n")
        if left < 0:
            break
        made.append(block)
    return "".join([FRAME, *made, more(len(made))])


def _ruled(
    lines: int, head: Callable[[int], str], row: Callable[[int, int], str], last: str = "    else : 0%\n"
) -> str:
    """Rules of as many rows as one may have, the last of fewer."""
    text, left, nth = [FRAME], lines - len(FRAME.splitlines()), 0
    while left > 3:  # a head and three rows
        rows = min(MOST_ROWS, left - 1) - bool(last)
        text += [head(nth), *(row(nth_row, rows) for nth_row in range(rows)), last]
        left, nth = left - rows - 2, nth + 1
    return "".join(text)


def checked(text: str) -> int:
    """How many faults a scheme has; one without is compiled."""
    try:
        compile_scheme(SourceText("big.kpi", text))
    except Fault as fault:
        return len(fault.diagnostics)
    return 0


def _timed(text: str) -> float:
    """Milliseconds a line."""
    start = process_time()
    checked(text)
    return (process_time() - start) * 1000 / text.count("\n")


def _lark() -> float:
    """Milliseconds of `import lark` in a process of its own."""
    code = "from time import process_time as t; s = t(); import lark; print((t() - s) * 1000)"
    return float(
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    )  # ours


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", action="append", choices=[*KINDS])
    parser.add_argument("--lines", type=int, nargs="*", default=SIZES)
    asked = parser.parse_args()
    print(f"import lark: {_lark():.0f} ms; the goal is {GOAL} ms a line")  # noqa: T201
    checked(mixed(SIZES[0]))  # the parser's tables are read once
    for kind in asked.kind or KINDS:
        times = [f"{_timed(KINDS[kind](lines)):8.3f}" for lines in asked.lines]
        print(f"{kind:12}", *times, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
