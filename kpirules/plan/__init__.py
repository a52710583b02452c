"""The plan: what a scheme compiles to, and what every engine runs."""
