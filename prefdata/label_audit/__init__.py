"""The audit of labels: models judge, across folds, labels that they were not trained on.

Arrays in, arrays and values out: no texts, no files, no network.
"""
