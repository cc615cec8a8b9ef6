"""Options that several commands share, and the config values that they become."""
