from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from prefdata.io.writers.arrow_out import (
    arrow_shard_name,
    write_arrow_shard,
    write_dataset_dict,
    write_split_state,
)

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
SCHEMA = pa.schema([("chosen", MESSAGES), ("margin", pa.float64()), ("metadata", pa.string())])
CALL = '{"role":"assistant","content":null,"tool_calls":[{"id":"1","arguments":{"a":1.5}}]}'
SAID = '{"role":"assistant","content":"a\\nb"}'


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "chosen": [{"role": "assistant", "content": f"答 {n}\r\n" * (n % 4)}],
            "margin": None if n % 3 == 0 else n / 2,
            "metadata": "{}",
        }
        for n in range(count)
    ]


def batch(count: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows(count), schema=SCHEMA)


def write_dataset(folder: Path, splits: dict[str, list[pa.RecordBatch]], schema: pa.Schema) -> None:
    for split, shards in splits.items():
        shard_names = [arrow_shard_name(split, n, len(shards)) for n in range(len(shards))]
        for name, shard in zip(shard_names, shards, strict=True):
            write_arrow_shard(folder / name, [shard], schema)
        write_split_state(folder, split, shard_names, schema, fingerprint="0" * 32)
    write_dataset_dict(folder, list(splits))


def test_load_from_disk_maps_it_into_memory(tmp_path: Path) -> None:
    from datasets import load_from_disk

    splits = {"train": [batch(2500), batch(3)], "test": [batch(0)]}
    write_dataset(tmp_path / "data", splits, SCHEMA)
    loaded = load_from_disk(str(tmp_path / "data"))
    assert {name: len(split) for name, split in loaded.items()} == {"train": 2503, "test": 0}
    assert loaded["train"].to_list() == rows(2500) + rows(3)
    assert loaded["train"].column_names == loaded["test"].column_names == SCHEMA.names
    assert [Path(file["filename"]).name for file in loaded["train"].cache_files] == [
        "data-00000-of-00002.arrow",
        "data-00001-of-00002.arrow",
    ]
    assert str(loaded["train"].split) == "train"


def test_another_fingerprint_is_another_dataset_to_the_cache(tmp_path: Path) -> None:
    from datasets import load_from_disk

    fingerprints = []
    for name, fingerprint in (("a", "0" * 32), ("b", "0" * 32), ("c", "1" * 32)):
        write_arrow_shard(tmp_path / name / "train" / "a.arrow", [batch(1)], SCHEMA)
        folder = tmp_path / name
        write_split_state(folder, "train", ["a.arrow"], SCHEMA, fingerprint=fingerprint)
        fingerprints.append(load_from_disk(str(folder / "train"))._fingerprint)
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


def test_tool_calls_come_back_as_they_were(tmp_path: Path) -> None:
    from datasets import load_from_disk

    texts = pa.ExtensionArray.from_storage(pa.json_(), pa.array([CALL, SAID, SAID]))
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 3], pa.int32()), texts)
    made = pa.record_batch({"chosen": lists})
    write_dataset(tmp_path, {"train": [made]}, made.schema)
    loaded = load_from_disk(str(tmp_path))["train"]
    assert loaded["chosen"][:] == [[json.loads(CALL), json.loads(SAID)], [json.loads(SAID)]]


def test_what_is_told_of_a_shard_is_true(tmp_path: Path) -> None:
    written = write_arrow_shard(tmp_path / "a.arrow", iter([batch(1500), batch(20)]), SCHEMA)
    content = (tmp_path / "a.arrow").read_bytes()
    assert (written.rows, written.bytes) == (1520, len(content))
    assert written.sha256 == hashlib.sha256(content).hexdigest()
    assert pa.ipc.open_stream(content).read_all().num_rows == 1520


def test_bytes_do_not_depend_on_how_rows_arrive(tmp_path: Path) -> None:
    whole = batch(2500)
    cuts = [whole.slice(0, 7), whole.slice(7, 0), whole.slice(7, 1400), whole.slice(1407)]
    once = write_arrow_shard(tmp_path / "a.arrow", [whole], SCHEMA)
    assert write_arrow_shard(tmp_path / "b.arrow", cuts, SCHEMA).sha256 == once.sha256


def test_a_failing_source_leaves_no_shard(tmp_path: Path) -> None:
    def batches() -> Any:
        yield batch(5000)
        raise ValueError

    with pytest.raises(ValueError):
        write_arrow_shard(tmp_path / "a.arrow", batches(), SCHEMA)
    assert list(tmp_path.iterdir()) == []


def test_a_batch_of_another_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pa.ArrowInvalid):
        write_arrow_shard(tmp_path / "a.arrow", [pa.record_batch({"a": [1]})], SCHEMA)
