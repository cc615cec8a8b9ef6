from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prefdata.pipeline.build import build
from prefdata.pipeline.convert import convert
from prefdata.pipeline.validate import validate

PICTURE = bytes(range(256)) * 8
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
REFERENCE = {"sha256": sha256(PICTURE).hexdigest(), "size": len(PICTURE)}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    rows = [
        {
            "image": {"bytes": PICTURE, "path": "a.jpg"} if n < 2 else None,
            "frames_video": [PICTURE] if n == 0 else None,
            "prompt": f"{word}: which of the two is a city?",
            "chosen": f"Paris, says {word}.",
            "rejected": f"Pluto, says {word}.",
        }
        for n, word in enumerate(("copper", "garden", "violin"))
    ]
    texts = [(name, pa.string()) for name in ("prompt", "chosen", "rejected")]
    schema = pa.schema([("image", IMAGE), ("frames_video", pa.list_(pa.binary())), *texts])
    path = tmp_path / "pictures.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def test_bytes_become_a_reference_and_are_told_of(pictures: Path, tmp_path: Path) -> None:
    result = convert([pictures], out=tmp_path / "out.jsonl", to="jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert rows[0]["image"] == {"path": "a.jpg", **REFERENCE}
    assert rows[0]["frames_video"] == [REFERENCE]
    assert rows[2]["image"] is None
    assert result.remarks[0].startswith("2 of 3 records have images, video or audio")


def test_rows_with_media_are_flagged_or_dropped(pictures: Path, tmp_path: Path) -> None:
    kept = build([pictures], out=tmp_path / "kept")
    assert (kept.counts.kept, kept.counts.flagged) == (3, {"unseen-media": 2})
    dropped = build([pictures], out=tmp_path / "dropped", config={"read": {"media": "drop"}})
    assert (dropped.counts.kept, dropped.counts.dropped) == (1, {"unseen-media": 2})
    (found,) = validate([pictures], config={"read": {"media": "drop"}}).findings
    assert (found.code, found.level, found.rows) == ("unseen-media", "error", 2)


def test_a_level_that_is_set_counts_more(pictures: Path, tmp_path: Path) -> None:
    config = {"read": {"media": "drop"}, "check": {"rules": {"unseen-media": "note"}}}
    assert build([pictures], out=tmp_path / "out", config=config).counts.kept == 3
