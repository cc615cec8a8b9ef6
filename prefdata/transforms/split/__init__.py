"""Assigning prompts to splits: rules for one group, and the walk over all of them."""
