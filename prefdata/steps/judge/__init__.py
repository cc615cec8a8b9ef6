"""The steps of `prefdata judge`: completions read, verdicts asked for in rounds, rows written."""
