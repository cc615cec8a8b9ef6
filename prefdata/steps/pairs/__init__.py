"""Tables with a line for each pair: source, language, group, split, changed labels."""
