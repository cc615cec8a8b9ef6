"""Asking a model for what is wanted and not known yet."""
