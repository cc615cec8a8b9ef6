"""Collecting what reports show of rows: where they went, what is wrong, example texts."""
