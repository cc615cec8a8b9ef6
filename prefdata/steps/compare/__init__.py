"""Comparing rows by their words: duplicates, contradictions, evaluation sets."""
