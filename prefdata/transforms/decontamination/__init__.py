"""Overlap of prompts with evaluation sets: n-grams, their index, and how much is too much."""
