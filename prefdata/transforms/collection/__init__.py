"""What `prefdata collect` computes: settings, and completions that are the same."""
