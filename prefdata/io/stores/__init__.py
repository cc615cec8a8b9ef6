"""Publishing to folders and object stores."""
