"""Conversations as they are met: printed by Python, cut where they part, beside a prompt."""
