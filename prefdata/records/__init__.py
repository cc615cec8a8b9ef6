"""The canonical record: its shape in Python, in Arrow, and its identity."""
