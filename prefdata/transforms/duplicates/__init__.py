"""Duplicates and contradictions by wording: shingles, MinHash, similarity, which row stays."""
