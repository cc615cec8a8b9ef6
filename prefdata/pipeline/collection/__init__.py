"""Completions of language models, and what language models say of them."""
