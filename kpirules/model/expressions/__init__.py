"""Expressions: from the tree as written to typed nodes."""
