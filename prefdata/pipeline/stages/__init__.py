"""The parts that commands are made of: prepare rows, compare, filter, audit, preview."""
