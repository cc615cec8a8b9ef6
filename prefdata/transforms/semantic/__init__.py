"""Comparing embeddings: nearest neighbours, thresholds, and what each filter measures."""
