"""The process of a command: its streams, its limits, and its end by an error nobody foresaw."""
