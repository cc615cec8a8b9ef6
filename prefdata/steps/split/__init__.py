"""The step that assigns rows to splits, so that no connected prompts part; its table."""
