"""Rows out of JSON Lines, JSON documents, CSV, Parquet and Arrow."""
