"""Reading and writing: sources, datasets, caches, review sheets, and places to publish to."""
