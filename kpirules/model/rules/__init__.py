"""Rules: an expression with limits, `by`, `choose`, `curve`, `tiers`."""
