"""Draws rows for people to review, and estimates the share of wrong labels from their decisions."""
