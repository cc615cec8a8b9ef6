"""One module for each command: its steps in order, from the sources to the finished output."""
