from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from prefdata.config.section import ShardFormat
from prefdata.io.arrow_out import (
    arrow_shard_name,
    write_arrow_shard,
    write_dataset_dict,
    write_split_state,
)
from prefdata.io.atomic import write_text_atomic
from prefdata.io.card import card
from prefdata.io.parquet_out import parquet_shard_name, write_parquet_shard
from prefdata.verdicts.model import Counts, FileEntry

SCHEMA = pa.schema([("prompt", pa.string()), ("margin", pa.float64())])
HOSTILE = "a: [b] <script>|*x*`\n---\n# Title \x1b[31m ${HOME} \u2028 \udc80"


def counts(**splits: int) -> Counts:
    kept = sum(splits.values())
    return Counts(
        read=kept + 4,
        kept=kept,
        quarantined=1,
        dropped={"tie": 1, "duplicate-pair": 2},
        flagged={"refusal": 1},
        splits=splits,
    )


def made_card(counts: Counts, to: ShardFormat, title: str = "pairs", **options: Any) -> str:
    return card(counts, [], title=title, to=to, record_format="conversational", **options)


def write_output(out: Path, to: ShardFormat, splits: dict[str, int]) -> None:
    for split, rows in splits.items():
        batch = pa.RecordBatch.from_pylist(
            [{"prompt": f"{split} {n}", "margin": None} for n in range(rows)], schema=SCHEMA
        )
        if to == "parquet":
            write_parquet_shard(out / parquet_shard_name(split, 0, 1), [batch], SCHEMA)
            continue
        names = [arrow_shard_name(split, n, 2) for n in range(2)]
        half = rows // 2
        write_arrow_shard(out / "data" / names[0], [batch.slice(0, half)], SCHEMA)
        write_arrow_shard(out / "data" / names[1], [batch.slice(half)], SCHEMA)
        write_split_state(out / "data", split, names, SCHEMA, fingerprint="0" * 32)
        write_dataset_dict(out / "data", list(splits))
    # What else stands in an output folder and must not be taken for data.
    write_parquet_shard(out / "ledger" / "part-00000.parquet", [batch], SCHEMA)
    write_text_atomic(out / "quarantine" / "rows.jsonl", '{"raw":"x"}\n')
    write_text_atomic(out / "manifest.json", "{}\n")


@pytest.mark.parametrize("to", ["arrow", "parquet"])
@pytest.mark.parametrize("splits", [{"train": 5, "test": 3}, {"train": 5, "test": 0}])
def test_load_dataset_reads_the_output_folder(
    tmp_path: Path, to: ShardFormat, splits: dict[str, int]
) -> None:
    from datasets import load_dataset

    out = tmp_path / "out"
    write_output(out, to, splits)
    write_text_atomic(out / "README.md", made_card(counts(**splits), to, title=HOSTILE))
    loaded = load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    wanted = {split: rows for split, rows in splits.items() if rows}
    assert {name: len(split) for name, split in loaded.items()} == wanted
    assert loaded["train"][4] == {"prompt": "train 4", "margin": None}
    assert loaded["train"].features["margin"].dtype == "float64"


def test_the_card_says_where_every_row_went() -> None:
    files = [
        FileEntry(path="data/train/data-00000-of-00001.arrow", bytes=1234, sha256="0" * 64, rows=9),
        FileEntry(path="data/train/state.json", bytes=7, sha256="0" * 64),
        FileEntry(path="manifest.json", bytes=1, sha256="0" * 64),
    ]
    text = card(
        counts(train=5000, test=3),
        files,
        title="pairs",
        to="arrow",
        record_format="conversational",
        sources=["a_b.jsonl"],
    )
    assert "5,007 read = 5,003 kept + 3 dropped + 1 quarantined" in text
    for line in ("| train | 5,000 |", "| duplicate-pair | 2 |", "| refusal | 1 |"):
        assert line in text.splitlines()
    assert "Shards in `data/`: 1, 1,234 bytes in all." in text
    assert "- a_b.jsonl" in text
    assert text.index("duplicate-pair") < text.index("| tie | 1 |")


@pytest.mark.parametrize("to", ["arrow", "parquet"])
def test_hostile_names_stay_names(to: ShardFormat) -> None:
    text = made_card(counts(train=1), to, title=HOSTILE, sources=[HOSTILE])
    _, matter, body = text.split("---\n", 2)
    assert yaml.safe_load(matter)["configs"][0]["data_files"][0]["split"] == "train"
    assert "\x1b" not in text and "\u2028" not in text and "\udc80" not in text
    assert "<script>" not in body.replace("\\<", "")
    assert [line for line in body.splitlines() if line.startswith("# ")] == [
        line for line in body.splitlines() if line.startswith("# a: ")
    ]


def test_the_same_arguments_give_the_same_text() -> None:
    assert made_card(counts(train=1), "arrow") == made_card(counts(train=1), "arrow")


def test_nothing_kept() -> None:
    matter = made_card(counts(train=0), "parquet").split("---\n")[1]
    assert "configs" not in yaml.safe_load(matter)
