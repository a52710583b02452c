"""What can be read off a typed expression: its parts, what its names stand for, what is known to be present."""
