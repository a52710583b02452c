"""The items of a scheme, a file for each kind: from the tree as written to the typed scheme."""
