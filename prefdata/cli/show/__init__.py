"""What each command prints: results as text for a person at a terminal."""
