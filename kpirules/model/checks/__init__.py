"""Checks of rules and scorecards: cases that overlap, cases that nothing covers, rows that nothing reaches."""
