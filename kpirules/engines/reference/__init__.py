"""The reference engine: exact Python over rows. It is the meaning of the language; it need not be fast."""

from kpirules.engines.reference.run import Absent, ReferenceTrace, run, trace

__all__ = ["Absent", "ReferenceTrace", "run", "trace"]
