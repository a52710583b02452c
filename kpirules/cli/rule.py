"""`kpirules rule`: what a code means, with an example of it and the same mended."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from kpirules.cli import console
from kpirules.cli.help import Worded
from kpirules.cli.text_columns import aligned
from kpirules.source.catalogue import codes, entry

if TYPE_CHECKING:
    from kpirules.source.explanations import Example

_INDENT = "    "
_PREFIX = "KPI"


@click.command(cls=Worded)
@click.argument("code", required=False)
@console.shared
@click.pass_context
def rule(context: click.Context, code: str | None) -> None:
    """Explain the CODE of a fault (KPI201, or 201), or list all codes."""
    if code is None:
        rows = [(code, entry(code, console.lang()).title) for code in codes()]
        console.put("\n".join(aligned(rows, (False, False))))
        return
    wanted = code.strip().upper()
    asked = next((known for known in codes() if known in {wanted, _PREFIX + wanted}), None)
    if asked is None:
        console.tell(console.say("unknown_code", code=code))
        near = _near(wanted)
        console.tell(console.say("similar_code", code=near) if near else console.say("all_codes"))
        context.exit(console.BAD_INPUT)
    console.put("\n".join(_explained(asked)))


def _near(wanted: str) -> str | None:
    """A code of the same number, or of one that a slip of the hand makes of it."""
    from kpirules.source.similar import similar

    numbers = {code.removeprefix(_PREFIX): code for code in codes()}
    number = re.sub(r"[^0-9]", "", wanted)
    return numbers.get(number) or numbers.get(similar(number, numbers) or "")


def _explained(code: str) -> Iterator[str]:
    from kpirules.source.explanations import explanation

    explained = explanation(code, console.lang())
    yield f"{code}: {entry(code, console.lang()).title}"
    yield ""
    yield explained.why
    if explained.bad is not None:
        yield from _example(console.say("bad_example"), explained.bad)
        yield from _drawn(explained.bad)
    if explained.mended is not None:
        yield from _example(console.say("mended_example"), explained.mended)


def _example(head: str, example: Example) -> Iterator[str]:
    """The lines of an example, under the name of each file but that of a lone rule file."""
    from kpirules.source.explanations import COMMANDS, SCHEME

    yield ""
    yield head
    for name, text in {**example.beside, example.file: example.text}.items():
        if name != COMMANDS and (example.beside or name != SCHEME):
            yield ""
            yield f"  {name}"
        yield ""
        yield from (f"{_INDENT}{line}".rstrip() for line in text.rstrip("\n").split("\n"))


def _drawn(example: Example) -> Iterator[str]:
    """What a check says of a rule file."""
    from kpirules.compiling import compile_scheme
    from kpirules.source import Fault, SourceText
    from kpirules.source.explanations import SCHEME
    from kpirules.source.files import Kept
    from kpirules.source.render import render_text

    if example.file != SCHEME or example.run:
        return
    files = example.files()
    try:
        compile_scheme(SourceText(SCHEME, files[SCHEME]), Kept({name: text.encode() for name, text in files.items()}))
    except Fault as fault:
        yield ""
        text = render_text(fault.diagnostics, console.lang(), colour=console.coloured(sys.stdout))
        yield from (f"{_INDENT}{line}".rstrip() for line in text.rstrip("\n").split("\n"))
