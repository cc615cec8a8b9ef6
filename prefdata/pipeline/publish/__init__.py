"""Prepares a publication: its target, its files, its card, and the workspace of the push."""
