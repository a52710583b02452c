"""Why a figure is what it is: the trace of one subject, as a tree, as text, as JSON."""

from kpirules.trace.build import Differs, as_recorded, explain, set_aside
from kpirules.trace.form import to_json
from kpirules.trace.items import BuiltIn
from kpirules.trace.tree import RunName, SetAside, Trace, Uncredited

__all__ = [
    "BuiltIn",
    "Differs",
    "RunName",
    "SetAside",
    "Trace",
    "Uncredited",
    "as_recorded",
    "explain",
    "set_aside",
    "to_json",
]
