"""How long `kpirules check` takes from a cold start, beside `import lark` alone: `python -m tests.benchmarks.check`.

The goal is at most three times. Both are started as installed programs are, with their modules compiled beforehand and
the grammar's tables kept; what is compared is the processor time of the whole process, the least of many starts.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

SCHEME = Path(__file__).resolve().parents[2] / "schemes" / "east_sales" / "scheme.kpi"
STARTS = 20


def least(environment: dict[str, str], *arguments: str) -> float:
    """The least processor time, in seconds, of a Python process that is given some arguments."""
    return min(_once(environment, arguments) for _ in range(STARTS))


def _once(environment: dict[str, str], arguments: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print both times and their ratio."""
    with TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        lark = least(environment, "-c", "import lark")
        check = least(environment, "-m", "kpirules", "check", str(SCHEME))
    lines = len(SCHEME.read_text(encoding="utf-8").splitlines())
    sys.stdout.write(
        f"import lark {1000 * lark:.0f} ms, check of {lines} lines {1000 * check:.0f} ms: {check / lark:.2f} times\n"
    )


if __name__ == "__main__":
    main()
