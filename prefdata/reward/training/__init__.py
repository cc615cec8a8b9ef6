"""Training a backbone: the loop over steps, its checkpoints, metrics and processes."""
