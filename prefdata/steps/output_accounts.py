"""Where the rows of an output folder went when it was built, by its ledger."""

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

from prefdata.io.ledger import scan_ledger
from prefdata.io.shards import Shard
from prefdata.records.columns import RECORD_SCHEMA, records_of
from prefdata.steps.accounts import LINE_COLUMNS, SAID_COLUMNS, Part, Shown
from prefdata.steps.known_pairs import KnownPairs
from prefdata.steps.shown_texts import shown_bytes, shown_record, texts_of
from prefdata.steps.verdict_tables import DROP, FLAG
from prefdata.verdicts.audit import Place, Text, Texts

_LEDGER = ("row", "source", "source_row", "verdict", "split", "reason", "evidence", "other")


@dataclass(frozen=True)
class OutputAccounts:
    """Accounts of an output folder; rows have the numbers of its ledger.

    `shards` and `known`: of its data, read back (`steps.read_output`, `steps.know_pairs`). Texts
    of dropped and quarantined rows come from the folders in which the build has kept them.
    """

    root: Path
    names: tuple[str, ...]
    shards: Sequence[Shard]
    known: KnownPairs

    def parts(self) -> Iterator[Part]:
        """A part for every file of the ledger."""
        for file in sorted((self.root / "ledger").glob("*.parquet")):
            yield _part(pl.read_parquet(file, columns=[*_LEDGER, "flags"], memory_map=False))

    def shown(self, rows: Collection[int], characters: int) -> dict[int, Shown]:
        """Texts of pairs, raw text of quarantined rows; neither where their file is gone."""
        wanted = pl.Series("row", sorted(rows), pl.Int64)
        columns = ["row", "source", "source_row", "verdict"]
        lines = scan_ledger(self.root).select(columns).filter(pl.col("row").is_in(wanted.implode()))
        found = lines.sort("row").collect()
        of = {verdict: found.filter(verdict=verdict)["row"].to_list() for verdict in _VERDICTS}
        texts = self._kept(of["keep"], characters) | self._dropped(of[DROP], characters)
        raws = self._quarantined(of["quarantine"], characters)
        return {
            row: Shown(
                Place(row=row, source=source, source_row=source_row), texts.get(row), raws.get(row)
            )
            for row, source, source_row, _ in found.iter_rows()
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
        files = sorted((self.root / "dropped").glob("*.parquet"))
        if not (numbers and files):
            return {}
        records = pyarrow.dataset.dataset(files, format="parquet")
        batches = records.to_batches(
            columns=RECORD_SCHEMA.names, filter=pc.field("row").isin(numbers), batch_readahead=1
        )
        return {
            row: shown_record(record, characters)
            for batch in batches
            for row, record in zip(batch.column("row").to_pylist(), records_of(batch), strict=True)
        }

    def _quarantined(self, numbers: list[int], characters: int) -> dict[int, Text]:
        if not numbers:
            return {}
        wanted, found = set(numbers), {}
        for file in sorted((self.root / "quarantine").glob("*.jsonl")):
            with file.open("rb") as lines:
                for line in lines:
                    fault = _decode(line)
                    if fault.row in wanted:
                        found[fault.row] = shown_bytes(fault.bytes(), characters)
        return found


_VERDICTS = ("keep", DROP, "quarantine")


class _Fault(msgspec.Struct):
    """What is needed of a line of the quarantine (`io.raw_text`)."""

    row: int
    raw: str | None = None
    raw_base64: str | None = None

    def bytes(self) -> bytes:
        return base64.b64decode(self.raw_base64) if self.raw_base64 else (self.raw or "").encode()


_decode = msgspec.json.Decoder(_Fault).decode


def _part(ledger: pl.DataFrame) -> Part:
    lines = ledger.rename({"verdict": "outcome"}).select(
        pl.col(name).cast(kind) for name, kind in LINE_COLUMNS.items()
    )
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
    said = pl.concat(
        frame.select(pl.col(name).cast(kind) for name, kind in SAID_COLUMNS.items())
        for frame in (gone, flags)
    )
    return Part(lines.sort("row"), said.sort("row", maintain_order=True))
