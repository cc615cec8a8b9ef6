"""What changed from one build to another, by the identity of rows."""
