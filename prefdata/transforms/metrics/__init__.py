"""Metrics of a reward model: accuracy, intervals, calibration, baselines, folds."""
