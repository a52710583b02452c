"""Engines: each runs a plan over tables to the same digits. `reference` is the meaning; the others are held to it."""
