"""The steps that find duplicates and contradictory labels: exact, nearly, in a circle."""
