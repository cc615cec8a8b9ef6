"""Dialects whose rows are judgements: ratings, rankings, accepted completions, trees, exports."""
