"""Completions by a language model in this process (transformers), on a CPU or a GPU."""
