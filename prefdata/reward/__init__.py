"""Reward models: token ids or embeddings in, rewards out. Only here and in `encoders`: torch."""
