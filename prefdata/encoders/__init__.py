"""Encoders, which turn texts into embeddings, behind one protocol."""
