"""From the text of a rule file to its plan: syntax, model, plan, each fault told in one go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kpirules.model.from_syntax import elaborate
from kpirules.model.scheme import Model
from kpirules.plan.from_model import compile_model
from kpirules.plan.ir import Plan
from kpirules.source import Diagnostic, Fault, SourceText
from kpirules.syntax.parse import parse


@dataclass(frozen=True, slots=True)
class Compiled:
    """A scheme that has passed every check: its text, its typed model, its plan."""

    source: SourceText
    model: Model
    plan: Plan


def read_source(path: Path, name: str | None = None) -> SourceText:
    """The text of a rule file, which is UTF-8; `name` is what it is called in messages.

    Raises:
        Fault: the file cannot be read (KPI601), or is not UTF-8 (KPI602).
    """
    shown = name or str(path)
    try:
        return SourceText(shown, path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise Fault([Diagnostic("KPI601", None, {"path": shown, "reason": error.strerror or str(error)})]) from None
    except UnicodeDecodeError as error:
        raise Fault([Diagnostic("KPI602", None, {"path": shown, "offset": error.start})]) from None


def compile_scheme(source: SourceText) -> Compiled:
    """Check and compile a scheme.

    Raises:
        Fault: with every diagnostic, in file order.
    """
    file, faults = parse(source)
    model, found = elaborate(file, source)
    if model is None or faults:
        raise Fault([*faults, *found])
    return Compiled(source, model, compile_model(model))
