"""Views: sets of features of a pair (controls, n-grams, embeddings), each fitted across folds."""
