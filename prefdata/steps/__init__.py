"""Steps: each reads the rows of a run, calls pure functions, and writes verdicts or tables."""
