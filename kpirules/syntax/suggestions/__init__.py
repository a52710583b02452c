"""What to say of text that the grammar does not have, and what to write instead."""
