"""Which `--map` may read a file that no dialect fits: found by trying."""
