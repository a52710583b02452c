"""Source text, spans and diagnostics. Knows nothing of any other room."""

from kpirules.source.diagnostics import Diagnostic, Fault, Label, Note
from kpirules.source.text import SourceText, Span

__all__ = ["Diagnostic", "Fault", "Label", "Note", "SourceText", "Span"]
