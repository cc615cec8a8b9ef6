"""Converting records to another format, after a look at what that format cannot hold."""
