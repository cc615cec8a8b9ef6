"""Writing datasets: Arrow folders, Parquet shards, JSON Lines, CSV."""
