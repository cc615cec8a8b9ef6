"""Embedding the texts of a run, and the filters that look at embeddings."""
