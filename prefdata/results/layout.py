"""The names of the files and folders of an output folder; no other module spells them.

A dataset (`prefdata build`), the report of an audit, a trained reward model and the scores of a
model are each an output folder.
"""

from __future__ import annotations

MANIFEST = "manifest.json"
"""The list of files with checksums. It is written last: a folder that has it is complete."""

MANIFEST_CHECKSUM = "manifest.json.sha256"
"""The checksum of the manifest's own text, in the form of `sha256sum`."""

CARD = "README.md"
"""The dataset card, which people may edit."""

DATA = "data"
"""The shards of the dataset."""

LEDGER = "ledger"
"""Folder with one line for every row read: its verdict, the reason, and its split."""

REQUESTS = f"{LEDGER}/requests.jsonl"
"""The ledger of what models were asked: a line for every completion or verdict that was wanted, in
order."""

NOT_READ = f"{LEDGER}/not_read.jsonl"
"""The files of source folders that were not read: a line for each, as in the manifest."""

DROPPED = "dropped"
"""Folder of the dropped records, each with its reason."""

JUDGEMENTS = "judgements"
"""Folder with a line for every row that speaks in a pair, where pairs were made from judgements."""

AGREEMENT = "agreement.json"
"""How far judges agree, where several of them judged the same."""

JUDGING = "judging.json"
"""What is known of the language models that judged, where their verdicts were built from."""

QUARANTINE = "quarantine"
"""Folder of the rows that could not be read, unchanged from their source."""

REPORT = "report"
"""Folder of the audit of this dataset."""

REVIEW = "review"
"""Folder of the review decisions that the build applied."""

REWARD_MODEL = "reward_model"
"""Folder of the reward model in a published copy."""

MARKS = ".marks"
"""Folder of completion marks within the output of a running build; removed on publication."""

REPORT_JSON = "report.json"
"""The report of an audit, for machines."""

REPORT_PATH = f"{REPORT}/{REPORT_JSON}"
"""The path of `REPORT_JSON` in a dataset."""

REPORT_PAGE = "index.html"
"""The report of an audit, for people."""

ROWS_TABLE = "rows.parquet"
"""Table with a line for every row that an audit or a training run read."""

REVIEW_CSV, REVIEW_JSONL = "review.csv", "review.jsonl"
"""The review sheet of an audit, which people fill in, in two formats."""

KEPT_ANSWERS = "decisions"
"""Stem of a copy of a filled-in review sheet; the suffix is that of the original."""

SCORES, SCORES_TABLE = "scores.json", "scores.parquet"
"""The rewards of a reward model: the summary, written last, and a line for every row."""

METRICS = "metrics.json"
"""The metrics of a trained reward model; written last."""

MODEL_NOTE = "reward_model.json"
"""How a trained model computes rewards."""

HEAD_NOTE, HEAD_WEIGHTS = "head.json", "head.safetensors"
"""A reward head on embeddings: its description, and its weights."""

TRAINING_LOG = "curves.jsonl"
"""Loss, accuracy and speed of each training step."""


def lies_in(path: str, *folders: str) -> bool:
    """Whether a path, relative to an output folder, lies in one of its folders `folders`.

    >>> lies_in("data/train-00000-of-00001.parquet", DATA), lies_in("data.json", DATA)
    (True, False)
    """
    return path.startswith(tuple(f"{folder}/" for folder in folders))
