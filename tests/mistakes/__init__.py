"""Good schemes, and the mistakes that people make in them."""
