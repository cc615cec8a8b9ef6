"""Where things stand in an output folder: the one place that spells it.

A dataset (`prefdata build`), the report of an audit, a trained reward model and the scores of a
model are each a folder; the names below are those of its files and sub-folders.
"""

from __future__ import annotations

MANIFEST = "manifest.json"
"""What says that the folder is complete, and what is in it; written last."""

CARD = "README.md"
"""The dataset card, in which people may write too."""

DATA = "data"
"""The shards of the dataset."""

LEDGER = "ledger"
"""One line for every row that was read: where it went, and why."""

DROPPED = "dropped"
"""The records that were dropped, each with its reason."""

QUARANTINE = "quarantine"
"""The rows that could not be read, as they stood in their source."""

REPORT = "report"
"""Where the audit of an output folder stands in it."""

REVIEW = "review"
"""Folder of an output in which the decisions stand that a build applied."""

REWARD_MODEL = "reward_model"
"""Folder of a published copy in which the reward model stands."""

MARKS = ".marks"
"""Where a finished folder keeps its completion marks until it is published: they go with it."""

REPORT_JSON = "report.json"
"""The report of an audit, for machines."""

REPORT_PATH = f"{REPORT}/{REPORT_JSON}"
"""The same, by its path in a dataset."""

REPORT_PAGE = "index.html"
"""The report of an audit, for people."""

ROWS_TABLE = "rows.parquet"
"""A line for every row that an audit or a training run has read."""

REVIEW_CSV, REVIEW_JSONL = "review.csv", "review.jsonl"
"""The sheet on which people judge rows of an audit, in two formats."""

KEPT_ANSWERS = "decisions"
"""A sheet that was filled in, as it was; the ending is its own."""

SCORES, SCORES_TABLE = "scores.json", "scores.parquet"
"""What a reward model gave: the summary, which is written last, and a line for every row."""

METRICS = "metrics.json"
"""What training came to; written last."""

MODEL_NOTE = "reward_model.json"
"""How the rewards of a trained model are made."""

HEAD_NOTE, HEAD_WEIGHTS = "head.json", "head.safetensors"
"""A reward head on embeddings: what its numbers mean, and the numbers."""

TRAINING_LOG = "curves.jsonl"
"""Loss, accuracy and speed of each training step."""


def lies_in(path: str, *folders: str) -> bool:
    """Whether a file, by its path in an output folder, lies in one of these folders of it.

    >>> lies_in("data/train-00000-of-00001.parquet", DATA), lies_in("data.json", DATA)
    (True, False)
    """
    return path.startswith(tuple(f"{folder}/" for folder in folders))
