"""The rows of the ledger are what their schemas say, and evidence is there as numbers, too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel

from prefdata.pipeline.build import build
from prefdata.results.ledger import (
    DROPPED_SCHEMA,
    LEDGER_FORMAT,
    LEDGER_SCHEMA,
    MEASURES,
    DroppedRow,
    Flag,
    LedgerRow,
    Measured,
    RowWithoutRecord,
    measured,
)
from prefdata.results.sentences import Sentence, joined, sentence_json, templates

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "sample_data"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("ledger") / "out"
    sources = [SAMPLES / name for name in ("clean", "faults", "alike", "judgements")]
    config: dict[str, Any] = {
        "split": {"test": 0.1},
        "against": {"files": [str(SAMPLES / "eval")]},
    }
    build(sources, out=place, config=config)
    return place


def rows(out: Path, folder: str) -> list[dict[str, Any]]:
    return pl.read_parquet(out / folder / "*.parquet").to_dicts()


def of_jsonl(out: Path, pattern: str) -> list[dict[str, Any]]:
    texts = (file.read_text(encoding="utf-8") for file in sorted(out.glob(pattern)))
    return [json.loads(line) for text in texts for line in text.splitlines()]


@pytest.mark.parametrize(
    ("model", "schema"), [(LedgerRow, LEDGER_SCHEMA), (DroppedRow, DROPPED_SCHEMA)]
)
def test_the_json_schema_names_the_columns(model: type[BaseModel], schema: pa.Schema) -> None:
    assert [*model.model_fields] == schema.names
    assert LEDGER_FORMAT in (model.__doc__ or "")
    struct = schema.field("measured").type
    assert [field.name for field in struct] == [*Measured.model_fields]


def test_a_flag_has_the_fields_of_a_verdict() -> None:
    struct = LEDGER_SCHEMA.field("flags").type.value_type
    assert [field.name for field in struct] == [*Flag.model_fields]


def test_every_row_that_is_written_is_one_of_its_schema(out: Path) -> None:
    ledger = [LedgerRow.model_validate(row) for row in rows(out, "ledger")]
    assert len(ledger) > 200
    for row in rows(out, "dropped"):
        DroppedRow.model_validate(row)
    without = of_jsonl(out, "quarantine/*.jsonl"), of_jsonl(out, "dropped/unpaired-*.jsonl")
    for lines, verdict in zip(without, ("quarantine", "drop"), strict=True):
        assert {RowWithoutRecord.model_validate(line).verdict for line in lines} == {verdict}


def test_files_name_the_version_of_their_columns(out: Path) -> None:
    for file in (*out.glob("ledger/*.parquet"), *out.glob("dropped/*.parquet")):
        assert pq.read_schema(file).metadata[b"prefdata-format"].decode() == LEDGER_FORMAT


def test_every_record_has_a_language_a_group_and_a_cluster(out: Path) -> None:
    ledger = pl.read_parquet(out / "ledger/*.parquet")
    records = ledger.filter(pl.col("fingerprint").is_not_null())
    for name in ("pair", "language", "group", "cluster"):
        assert records[name].null_count() == 0
        assert ledger.filter(pl.col("fingerprint").is_null())[name].count() == 0
    assert {"en", "zh"} <= set(records["language"])


def test_rows_of_a_group_have_the_number_of_its_first_kept_row(out: Path) -> None:
    ledger = pl.read_parquet(out / "ledger/*.parquet").filter(pl.col("group").is_not_null())
    kept = ledger.filter(verdict="keep").group_by("group").agg(first=pl.col("row").min())
    assert kept.filter(pl.col("group") != pl.col("first")).is_empty()
    none_kept = ledger.join(kept, on="group", how="anti")
    assert not none_kept.is_empty()
    assert none_kept.group_by("group").agg(pl.col("row").min()).filter(
        pl.col("group") != pl.col("row")
    ).is_empty()  # fmt: skip


def test_copies_and_opposites_are_in_one_cluster(out: Path) -> None:
    ledger = pl.read_parquet(out / "ledger/*.parquet")
    of = dict(ledger.select("row", "cluster").iter_rows())
    linked = ledger.filter(
        pl.col("reason").is_in(["duplicate-pair", "near-duplicate", "label-conflict"])
    )
    assert len(linked) > 4
    for row, other in linked.select("row", "other").iter_rows():
        assert of[row] == of[other] <= min(row, other)
    alone = ledger.filter(pl.col("cluster") == pl.col("row"))
    assert len(alone) > len(linked)


def test_data_dropped_and_ledger_join_on_the_fingerprint(out: Path) -> None:
    from datasets import load_from_disk

    ledger = pl.read_parquet(out / "ledger/*.parquet")
    data = load_from_disk(str(out / "data"))
    written = {name for split in data.values() for name in split["fingerprint"]}
    assert written == set(ledger.filter(verdict="keep")["fingerprint"])
    dropped = pl.read_parquet(out / "dropped/*.parquet")
    same = ["row", "fingerprint", "verdict", "step", "reason", "evidence", "other", "measured"]
    gone = ledger.filter(pl.col("fingerprint").is_not_null(), verdict="drop")
    assert dropped.sort("row").select(same).equals(gone.sort("row").select(same))


def test_numbers_of_the_evidence_are_columns(out: Path) -> None:
    ledger = pl.read_parquet(out / "ledger/*.parquet")
    numbers = ledger.select("row", "reason", "evidence").with_columns(
        ledger["measured"].struct.unnest()
    )
    (near, *_) = numbers.filter(reason="near-duplicate").to_dicts()
    assert near["similarity"] >= near["threshold"] == 0.8
    assert f"similarity {near['similarity']:.3f}" in near["evidence"]
    overlap = numbers.filter(pl.col("overlap").is_not_null()).to_dicts()[0]
    assert f"{overlap['eval_source']}:{overlap['eval_row']}," in overlap["evidence"]
    (bridge,) = numbers.filter(reason="bridges-splits").to_dicts()
    assert all(f"row {row} " in bridge["evidence"] for row in bridge["rows"])
    assert len(bridge["rows"]) == 2


def test_measures_are_those_of_sentences_there_are() -> None:
    assert MEASURES.keys() <= templates().keys()
    assert {each for of in MEASURES.values() for each in of.values()} == {
        *Measured.model_fields
    } - {"rows"}


def test_a_measure_is_found_however_deep_it_is() -> None:
    flip = Sentence("judged.flip", flip=0.7, low=0.5, high=0.9)
    text = sentence_json(joined("something else", flip))
    assert text is not None
    found = measured(text)
    assert found is not None and found["p_flip"] == 0.7 and found["similarity"] is None
    plain = sentence_json(joined("one", "two"))
    assert plain is not None and measured(plain) is None
