"""Preparing the label audit, and writing its verdicts, its table and the review sheet."""
