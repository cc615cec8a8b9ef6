"""Reward models: training and scoring; token ids or embeddings in, rewards out."""
