"""What `explain` shows: a row, the rows that it is connected with, and where they differ."""
