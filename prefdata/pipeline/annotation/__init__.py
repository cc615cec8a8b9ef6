"""Campaigns of annotation: people judge items, and their votes come out as judgements."""
