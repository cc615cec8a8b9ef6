"""Language models with a scalar head: batches, training loop, checkpoints, scoring."""
