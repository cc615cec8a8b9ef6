"""Small heads on frozen embeddings: their features, crossfitted training, and file format."""
