"""Language models with a scalar head: pairs as packed batches, the network, scoring, model folders."""
