"""Small heads on frozen embeddings: their features, their fit across folds, their file."""
