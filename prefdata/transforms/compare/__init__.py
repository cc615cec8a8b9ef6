"""Near-duplicates and copies: shingles, MinHash, similarity, clusters, cycles, split groups."""
