"""The cache that keeps embeddings from run to run."""
