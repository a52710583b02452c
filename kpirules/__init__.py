"""Rule-based evaluation of KPI schemes for sales departments, and the pay that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kpirules.api import Explanation, Result, Scheme, load, replay, verify
    from kpirules.source import Diagnostic, Fault

__version__ = "0.1.0"
__all__ = ["Diagnostic", "Explanation", "Fault", "Result", "Scheme", "load", "replay", "verify"]

_PLACES = {"Diagnostic": "kpirules.source", "Fault": "kpirules.source"}


def __getattr__(name: str) -> Any:  # noqa: ANN401  # whatever has that name
    """The names of the interface, each imported when it is first asked for, so that the package itself is light."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  # as all that is not needed until then

    public = getattr(import_module(_PLACES.get(name, "kpirules.api")), name)
    globals()[name] = public
    return public


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
