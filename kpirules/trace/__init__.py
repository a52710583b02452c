"""Why a figure is what it is: the trace of one subject, as a tree, as text, as JSON."""

from kpirules.trace.build import Differs, explain
from kpirules.trace.form import to_json
from kpirules.trace.tree import Trace

__all__ = ["Differs", "Trace", "explain", "to_json"]
