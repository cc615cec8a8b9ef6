"""Data sets of two completions and a label, with the meaning that their documentation gives it."""
