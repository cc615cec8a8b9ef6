"""Encoders, behind one protocol: what turns texts into embeddings."""
