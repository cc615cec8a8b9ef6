"""The generated blocks of a dataset card: results in, Markdown out."""
