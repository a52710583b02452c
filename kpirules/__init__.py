"""Rule-based evaluation of KPI schemes for sales departments, and the pay that follows."""

__version__ = "0.1.0"
