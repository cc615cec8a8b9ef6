from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.io.writers.arrow_out import arrow_shard_name, write_arrow_shard
from prefdata.io.writers.parquet_out import parquet_shard_name, write_parquet_shard
from prefdata.records.columns import RecordColumns
from prefdata.records.record import Message, Record, user
from prefdata.results.manifest import FileEntry
from prefdata.steps.write.card_facts import card_facts
from prefdata.transforms.convert.formats import format_schema, to_format

TEXTS = {
    "en": "The quick brown fox jumps over the lazy dog near the river bank.",
    "zh": "敏捷的棕色狐狸跳过了河边的懒狗，然后继续向前跑。",
    "und": "?",
}


def batch(first: int, languages: list[str], *, is_json: bool) -> pa.RecordBatch:
    columns = RecordColumns()
    for number, language in enumerate(languages, start=first):
        text = TEXTS[language]
        completion = Message("assistant", text, '{"name":"x"}' if is_json else None)
        other = Message("assistant", text[: number % 3 - 5])
        record = Record((user("p" * (number % 5)),), (completion,), (other,))
        columns.append(number, number + 1, record)
    rows = columns.batch()
    rows = rows.append_column("source", pa.repeat("a.jsonl", len(rows)))
    return to_format(rows, "conversational", has_extra=is_json, margin=False)


def written(
    root: Path, to: str, languages: list[str], cuts: tuple[int, int], *, is_json: bool = False
) -> list[FileEntry]:
    """Rows in two splits and three files; of Parquet each row in a row group of its own."""
    schema = format_schema("conversational", has_extra=is_json, margin=False)
    bounds = {("train", 0): (0, cuts[0]), ("train", 1): cuts, ("test", 0): (cuts[1], None)}
    entries = []
    for (split, number), (first, last) in bounds.items():
        batches = [batch(first, languages[first:last], is_json=is_json)]
        count = 2 if split == "train" else 1
        if to == "parquet":
            path = parquet_shard_name(split, number, count)
            file = write_parquet_shard(root / path, batches, schema, row_group_bytes=1)
        else:
            path = f"data/{arrow_shard_name(split, number, count)}"
            file = write_arrow_shard(root / path, batches, schema)
        entries.append(FileEntry(path=path, bytes=file.bytes, sha256=file.sha256, rows=file.rows))
    return entries


@pytest.mark.parametrize("to", ["arrow", "parquet"])
@pytest.mark.parametrize("is_json", [False, True])
def test_what_the_files_say(to: str, is_json: bool, tmp_path: Path) -> None:
    languages = ["en"] * 6 + ["zh"] * 3 + ["und"]
    files = written(tmp_path, to, languages, (4, 7), is_json=is_json)
    facts = card_facts(tmp_path, files[::-1], 0)
    assert facts.languages == {"en": 6, "zh": 3, "und": 1} and facts.looked_at == 10
    assert list(facts.languages) == ["en", "zh", "und"]
    assert facts.characters["chosen"] == len(TEXTS["en"])
    assert facts.chosen_longer == 1.0
    assert facts.main_languages() == ["en", "zh"]
    assert facts.file_bytes == sum(file.bytes for file in files)
    assert facts.split_bytes.keys() == {"train", "test"} and min(facts.split_bytes.values()) > 0
    kind = "list of JSON messages" if is_json else "list of messages"
    assert [(c.name, c.type) for c in facts.columns[:1]] == [("prompt", kind)]


@settings(max_examples=40)
@given(
    rows=st.lists(st.sampled_from(sorted(TEXTS)), min_size=1, max_size=25),
    most=st.integers(0, 30),
    cuts=st.tuples(st.integers(0, 25), st.integers(0, 25)),
)
def test_rows_looked_at_are_spread_evenly_whatever_the_files(
    rows: list[str], most: int, cuts: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("facts")
    first, last = sorted(min(cut, len(rows)) for cut in cuts)
    number = len(rows) if most == 0 else min(most, len(rows))
    expected = Counter(rows[at * len(rows) // number] for at in range(number))
    for to in ("arrow", "parquet"):
        facts = card_facts(root / to, written(root / to, to, rows, (first, last)), most)
        assert facts.languages == expected and facts.looked_at == number


def test_no_files(tmp_path: Path) -> None:
    facts = card_facts(tmp_path, [], 10)
    assert (facts.columns, facts.languages, facts.looked_at) == ((), {}, 0)
    assert facts.chosen_longer is None


def test_of_a_parquet_file_only_what_is_needed_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq

    files = written(tmp_path, "parquet", ["en"] * 24, (12, 18))
    read: list[int] = []
    before = pq.ParquetFile.iter_batches

    def counted(self: pq.ParquetFile, *, row_groups: list[int], **given: object) -> object:
        read.extend(row_groups)
        return before(self, row_groups=row_groups, **given)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", counted)
    card_facts(tmp_path, files, 2)
    assert read == [0, 0]  # of 24, one in each of the files in which the rows lie
