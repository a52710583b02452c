"""The command line: one file per command; each parses its arguments, calls a room and prints."""
