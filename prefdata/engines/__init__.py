"""Where work runs: map a function over shards, or group rows by a key, on many processes."""
