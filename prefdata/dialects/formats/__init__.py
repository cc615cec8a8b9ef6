"""Pairs as other trainers, services and datasets write them, each with its own field names."""
