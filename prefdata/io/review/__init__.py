"""The review sheet: written for people, and read back with their answers."""
