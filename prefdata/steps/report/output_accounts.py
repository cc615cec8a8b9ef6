"""The outcome of every row of an output folder, read from its ledger."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pyarrow.compute as pc
import pyarrow.dataset

from prefdata.io.files.ledger import read_row_counts, scan_ledger
from prefdata.io.files.shards import Shard
from prefdata.records.columns import RECORD_SCHEMA, records_of
from prefdata.results.audit import RowPlace, Text, Texts
from prefdata.results.layout import DROPPED, LEDGER, QUARANTINE
from prefdata.results.manifest import RowCounts
from prefdata.results.review import LABEL_FLIPPED
from prefdata.steps.pairs.pair_table import PairTable
from prefdata.steps.report.accounts import LINE_COLUMNS, VERDICT_COLUMNS, RowAccounts, Shown
from prefdata.steps.report.shown_texts import shown_bytes, shown_record, texts_of
from prefdata.steps.verdict_tables import DROP, FLAG

_LEDGER = ("row", "source", "source_row", "verdict", "split", "reason", "evidence", "other")


@dataclass(frozen=True)
class OutputAccounts:
    """Accounts of an output folder; rows are numbered as in its ledger.

    `shards` and `known`: its data, read back (`write.read_output`, `pairs.write_pair_table`). Texts
    of dropped and quarantined rows come from the folders `dropped` and `quarantine`.
    """

    root: Path
    names: tuple[str, ...]
    shards: Sequence[Shard]
    known: PairTable

    def parts(self) -> Iterator[RowAccounts]:
        """One part for every file of the ledger."""
        for file in sorted((self.root / LEDGER).glob("*.parquet")):
            columns = [*_LEDGER, "flags"]
            yield _part(pl.read_parquet(file, columns=columns, glob=False, memory_map=False))

    def rows(self) -> RowCounts | None:
        """The rows of the sources, counted in the ledger and in the judgements."""
        return read_row_counts(self.root)

    def shown(self, rows: Collection[int], characters: int) -> dict[int, Shown]:
        """Pairs with their texts as they were read, and quarantined rows with their raw text.

        A row whose file is missing has neither.
        """
        ledger_lines = _places(self.root, rows)
        of = {
            verdict: ledger_lines.filter(verdict=verdict)["row"].to_list() for verdict in _VERDICTS
        }
        texts = self._kept(of["keep"], characters) | self._dropped(of[DROP], characters)
        for row in ledger_lines.filter(verdict="keep", is_turned=True)["row"]:
            texts |= {row: _turned_back(texts[row])} if row in texts else {}
        raws = self._raw([*of["quarantine"], *of[DROP]], characters)
        places = ledger_lines.select("row", "source", "source_row").iter_rows(named=True)
        return {
            place["row"]: Shown(RowPlace(**place), texts.get(place["row"]), raws.get(place["row"]))
            for place in places
        }

    def _kept(self, numbers: list[int], characters: int) -> dict[int, Texts]:
        if not numbers:
            return {}
        of_all = self.known.numbers
        places = np.flatnonzero(np.isin(of_all, numbers))
        rows = self.known.rows[places].tolist()
        texts = texts_of(self.shards, rows, characters)
        return {
            number: texts[row] for row, number in zip(rows, of_all[places].tolist(), strict=True)
        }

    def _dropped(self, numbers: list[int], characters: int) -> dict[int, Texts]:
        files = sorted((self.root / DROPPED).glob("*.parquet"))
        if not (numbers and files):
            return {}
        records = pyarrow.dataset.dataset(files, format="parquet")
        batches = records.to_batches(
            columns=RECORD_SCHEMA.names,
            filter=pc.field("row").isin(numbers),
            batch_readahead=1,  # few at a time: texts may be long
            fragment_readahead=1,
        )
        return {
            row: shown_record(record, characters)
            for batch in batches
            for row, record in zip(batch.column("row").to_pylist(), records_of(batch), strict=True)
        }

    def _raw(self, numbers: list[int], characters: int) -> dict[int, Text]:
        """The raw text of rows without a record: in quarantine, or dropped as they make no pair."""
        if not numbers:
            return {}
        wanted, texts = set(numbers), {}
        folders = (self.root / QUARANTINE, self.root / DROPPED)
        for file in sorted(path for folder in folders for path in folder.glob("*.jsonl")):
            with file.open("rb") as lines:
                for line in lines:
                    fault = _decode(line)
                    if fault.row in wanted:
                        texts[fault.row] = shown_bytes(fault.bytes(), characters)
        return texts


_VERDICTS = ("keep", DROP, "quarantine")


class _Fault(msgspec.Struct):
    """The fields of a line of the quarantine that are needed (`io.bytes.source`)."""

    row: int
    raw: str | None = None
    raw_base64: str | None = None

    def bytes(self) -> bytes:
        return base64.b64decode(self.raw_base64) if self.raw_base64 else (self.raw or "").encode()


_decode = msgspec.json.Decoder(_Fault).decode


def _places(root: Path, rows: Collection[int]) -> pl.DataFrame:
    """The ledger lines of some rows; `is_turned`: their labels are flipped in the data."""
    wanted = pl.Series("row", sorted(rows), pl.Int64).implode()
    reasons = pl.col("flags").list.eval(pl.element().struct.field("reason"))
    return (
        scan_ledger(root)
        .filter(pl.col("row").is_in(wanted))
        .select(
            *("row", "source", "source_row", "verdict"),
            is_turned=reasons.list.contains(LABEL_FLIPPED).fill_null(value=False),
        )
        .sort("row")
        .collect()
    )


def _turned_back(texts: Texts) -> Texts:
    """The texts as they were read, since verdicts and evidence refer to those."""
    return texts.model_copy(update={"chosen": texts.rejected, "rejected": texts.chosen})


def _part(ledger: pl.DataFrame) -> RowAccounts:
    lines = ledger.select(pl.col(name).cast(kind) for name, kind in LINE_COLUMNS.items())
    gone = ledger.filter(pl.col("verdict") != "keep")
    flags = (
        ledger.filter(verdict="keep")
        .select("row", "flags")
        .explode("flags")
        .filter(pl.col("flags").is_not_null())
        .unnest("flags")
        .unique(["row", "reason"], keep="first", maintain_order=True)
        .with_columns(verdict=pl.lit(FLAG))
    )
    verdicts = pl.concat(
        frame.with_columns(sentence=pl.lit(None)).select(
            pl.col(name).cast(kind) for name, kind in VERDICT_COLUMNS.items()
        )
        for frame in (gone, flags)
    )
    return RowAccounts(lines.sort("row"), verdicts.sort("row", maintain_order=True))
