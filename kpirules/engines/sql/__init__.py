"""Plans to SQL, as a tree for a dialect."""

from kpirules.engines.sql.compile import Queries, Query, compiled
from kpirules.engines.sql.dialect import DUCKDB, Dialect
from kpirules.engines.sql.steps import DATA

__all__ = ["DATA", "DUCKDB", "Dialect", "Queries", "Query", "compiled"]
