"""Pure functions on records, texts and arrays: no files, no network, no models."""
