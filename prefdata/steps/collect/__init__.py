"""Steps of `prefdata collect`: prompts from sources, completions into files."""
