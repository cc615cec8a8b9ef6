"""Training on the pairs of a dataset: a head on embeddings, or a language model."""
