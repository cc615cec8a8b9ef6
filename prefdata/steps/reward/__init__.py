"""Tokenising pairs, scoring rows, and the tables that scoring and training leave."""
