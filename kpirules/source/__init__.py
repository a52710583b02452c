"""Source text, spans and diagnostics. Knows nothing of any other room."""

from kpirules.source.diagnostics import Diagnostic, Label, Note
from kpirules.source.fault import Fault
from kpirules.source.spans import SourceText, Span

__all__ = ["Diagnostic", "Fault", "Label", "Note", "SourceText", "Span"]
