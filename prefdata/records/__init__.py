"""The record: its fields in Python and in Arrow, and what makes two records the same."""
