"""What a figure is: its unit, its digits and bounds, its rounding, its period. Knows nothing of any other room."""
