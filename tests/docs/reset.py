"""Write the outputs that pages show anew: `python -m tests.docs.reset [PAGE ...]`. Read the difference."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.docs.pages import PAGES, told


def main() -> None:
    """Put what is printed now in place of what each page shows, and name the pages that changed."""
    for page in [Path(name).resolve() for name in sys.argv[1:]] or PAGES:
        text = page.read_text(encoding="utf-8")
        with TemporaryDirectory() as folder:
            for block, printed in told(page, Path(folder) / "folder"):
                text = text.replace(f"```text\n{block.text}```", f"```text\n{printed.rstrip()}\n```", 1)
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8")
            sys.stdout.write(f"written {page}\n")


if __name__ == "__main__":
    main()
