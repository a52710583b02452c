"""The reference engine: exact Python over rows. It is the meaning of the language; it need not be fast."""

from kpirules.engines.reference.run import NAME, Absent, ReferenceTrace, run, run_some, trace

__all__ = ["NAME", "Absent", "ReferenceTrace", "run", "run_some", "trace"]
