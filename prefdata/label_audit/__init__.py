"""The audit of labels: reward models across folds, and what they say of single rows.

Arrays in, arrays and values out: no texts, no files, no network.
"""
