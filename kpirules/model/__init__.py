"""The typed model of a scheme: names resolved, units and scales inferred, missing-ness tracked."""
