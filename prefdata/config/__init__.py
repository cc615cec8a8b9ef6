"""The config of a run: every option with its type, its default and what it does."""
