"""From the text of a rule file to its tree. Knows nothing of the model and beyond."""
