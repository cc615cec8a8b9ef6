"""Language models with a scalar head: packed batches, the network, scoring, model folders."""
