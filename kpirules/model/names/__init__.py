"""Names: which a scheme declares, and what each means where it is read."""
