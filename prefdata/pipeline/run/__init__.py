"""What every run needs: a workspace with a lock, the reading of sources, the manifest."""
