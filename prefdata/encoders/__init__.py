"""What turns texts into embeddings, behind one protocol."""
