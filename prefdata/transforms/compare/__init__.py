"""Near-duplicates and copies: shingles, MinHash, similarity, representatives, cycles."""
