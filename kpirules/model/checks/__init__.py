"""Checks of a whole scheme, one file each."""
