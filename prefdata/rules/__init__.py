"""What can be wrong with a row: every code, its level, its fix, and how it is found."""
