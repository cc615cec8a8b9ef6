"""What all places to publish to share: the changes to send, retries, unfinished pushes."""
