"""The command line: each command turns options into one library call and prints the result."""
