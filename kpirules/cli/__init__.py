"""The command line: one file per command; each parses its arguments, calls a room and prints."""

import gc

_SELDOM = 100_000
"""Objects made before Python looks for garbage in circles: a command is short, and makes next to none."""

gc.set_threshold(_SELDOM)
