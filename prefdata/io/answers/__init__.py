"""What models have answered: kept for ever, so that nothing is paid for twice."""
