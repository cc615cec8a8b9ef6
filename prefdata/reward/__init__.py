"""The reward model: packed training, scoring, and heads on frozen embeddings. Torch lives here."""
