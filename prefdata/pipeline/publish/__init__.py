"""What `push` sends, where it goes, and the card that goes with it."""
