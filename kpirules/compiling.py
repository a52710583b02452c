"""From the text of a rule file to its plan: syntax, model, plan, each fault told in one go."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kpirules.model.from_syntax import elaborate
from kpirules.model.scheme import Model
from kpirules.plan.from_model import compile_model
from kpirules.plan.ir import Plan
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Note, SourceText, Span
from kpirules.source.files import NONE, Folder, Reader
from kpirules.source.recursion import room
from kpirules.source.system import near, read_written, reason, undecoded
from kpirules.syntax.used_files import parse_files


@dataclass(frozen=True, slots=True)
class Compiled:
    """A scheme that has passed every check: its texts, its typed model, its plan.

    `texts` are its files by name (see `kpirules.source.files`), the one it was compiled from first.
    """

    texts: Mapping[str, SourceText]
    model: Model
    plan: Plan

    @property
    def told(self) -> Mapping[str, SourceText]:
        """Its files by the names that messages call them, and that places in the plan have."""
        return {text.name: text for text in self.texts.values()}

    @property
    def source(self) -> SourceText:
        """The text it was compiled from."""
        return next(iter(self.texts.values()))


def read_source(path: Path, name: str | None = None, span: Span | None = None) -> SourceText:
    """The text of a rule file, which is UTF-8; `name` is what messages call it, `span` is where it is named.

    Raises:
        Fault: the file cannot be read (KPI601), or is not UTF-8 (KPI602).
    """
    shown = name or str(path)
    try:
        return SourceText(shown, read_written(path).decode("utf-8-sig"))
    except OSError as error:
        args = {"path": shown, "reason": reason(error)}
        raise Fault([Diagnostic("KPI601", span, args, helps=near(path))]) from None
    except UnicodeDecodeError as error:
        raise Fault([Diagnostic("KPI602", span, {"path": shown, **undecoded(error)}, helps=(Note("save"),))]) from None


def compile_file(path: Path, name: str | None = None, span: Span | None = None) -> Compiled:
    """Check and compile the scheme of a rule file, with the files that it uses.

    Raises:
        Fault: as `read_source` and `compile_scheme`.
    """
    return compile_scheme(read_source(path, name, span), Folder(path.parent))


def compile_scheme(source: SourceText, reader: Reader = NONE) -> Compiled:
    """Check and compile a scheme; `reader` has the files that it uses.

    Raises:
        Fault: with every diagnostic of every file, file by file, each in file order.
    """
    with room():
        parsed = parse_files(source, reader)
        model, faults = elaborate(parsed.file, source)
        if model is None or parsed.faults:
            raise Fault([*parsed.faults, *faults])
        return Compiled(parsed.texts, model, compile_model(model))
