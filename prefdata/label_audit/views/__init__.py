"""Views: ways to look at a pair (controls, n-grams, embeddings), each fitted across folds."""
