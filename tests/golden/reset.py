"""Write every frozen file anew: `python -m tests.golden.reset`. Read the difference before it is committed."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.golden.cases import frozen, on_disk


def main() -> None:
    """Write what has changed, remove what belongs to no case, and name each such file."""
    files = frozen()
    for path in sorted(on_disk() - files.keys()):
        path.unlink()
        _say("removed", path)
    for path, text in files.items():
        if not path.exists() or path.read_bytes().decode() != text:
            path.write_bytes(text.encode())
            _say("written", path)


def _say(done: str, path: Path) -> None:
    sys.stdout.write(f"{done} {path}\n")


if __name__ == "__main__":
    main()
