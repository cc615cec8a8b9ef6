"""The step that finds prompts of evaluation sets among the rows."""
