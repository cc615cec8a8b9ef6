"""Where things stand in an output folder: the one place that spells it."""

from __future__ import annotations

MANIFEST = "manifest.json"
"""What says that the folder is complete, and what is in it; written last."""

CARD = "README.md"
"""The dataset card, in which people may write too."""

FOLDER = "report"
"""Where the audit of an output folder stands in it."""

DECISIONS = "review"
"""Folder of an output in which the decisions stand that a build applied."""

REWARD_MODEL = "reward_model"
"""Folder of a published copy in which the reward model stands."""

MARKS = ".marks"
"""Where a finished folder keeps its completion marks until it is published: they go with it."""
