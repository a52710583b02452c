"""Runs: a scheme worked out for one period, the folder that keeps it, and how it is read again."""
