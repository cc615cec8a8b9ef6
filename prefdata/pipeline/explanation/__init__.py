"""Explains a row: its links to other rows, its cluster, and where the texts of two rows differ."""
