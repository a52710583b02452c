"""A fault in the user's input, raised: it carries what is wrong, and draws it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kpirules.source.catalogue import reader_language
from kpirules.source.diagnostics import Diagnostic
from kpirules.source.render import render_text


class Fault(Exception):  # noqa: N818  # a fault in the user's input, not an error of ours
    """Stops the work at hand; carries every diagnostic known by then, in file order.

    `ours` is set where the program is at fault.
    """

    ours: ClassVar[bool] = False

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(diagnostics, key=Diagnostic.order))
        super().__init__(", ".join(sorted({d.code for d in self.diagnostics})))

    def __str__(self) -> str:
        return self.text()

    def text(self, lang: str | None = None) -> str:
        """All of it drawn, each place underlined, in a language (`en`, `zh`), the reader's own by default."""
        return render_text(self.diagnostics, lang or reader_language())
