"""Shared by all runs: a workspace with a lock, the reading of sources, the trail, the manifest."""
