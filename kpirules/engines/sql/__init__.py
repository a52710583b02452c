"""Plans to SQL, as a tree for a dialect."""

from kpirules.engines.sql.compile import MADE, Queries, Query, compiled
from kpirules.engines.sql.dialect import DUCKDB, Dialect
from kpirules.engines.sql.steps import DATA

__all__ = ["DATA", "DUCKDB", "MADE", "Dialect", "Queries", "Query", "compiled"]
