"""Properties of texts: length, language, script, style, n-grams, differences."""
