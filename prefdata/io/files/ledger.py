"""Reading the ledger of an output folder."""

from __future__ import annotations

from pathlib import Path

import msgspec
import polars as pl
import xxhash

from prefdata.results.layout import DROPPED, JUDGEMENTS, LEDGER, QUARANTINE
from prefdata.results.ledger import PAIRS
from prefdata.results.manifest import Counts, RowCounts
from prefdata.results.review import LABEL_FLIPPED

_LAST = (
    *("low-reward-margin", "margin-disagrees", "bridges-splits"),
    *("reviewed-drop", "reviewed-flip", "suspected", "likely-flipped"),
)
_LATER = {
    "near-duplicate": (
        *("no-contrast", "off-topic", "outlier", "semantic-overlap"),
        *("unlike-examples", "like-examples", "semantic-duplicate", *_LAST),
    ),
    "semantic-duplicate": _LAST,
}
"""By reason of a comparison: the reasons of the steps that run after it."""


def scan_ledger(root: Path) -> pl.LazyFrame:
    """All lines of the ledger, as a lazy frame."""
    return pl.scan_parquet(sorted((root / LEDGER).glob("*.parquet")), glob=False)


def read_counts(root: Path) -> Counts:
    """The counts of rows, computed from the lines of the ledger."""
    ledger = scan_ledger(root)
    outcomes = _counted(ledger, "verdict")
    kept = ledger.filter(pl.col("verdict") == "keep")
    return Counts(
        read=sum(outcomes.values()),
        kept=outcomes.get("keep", 0),
        quarantined=outcomes.get("quarantine", 0),
        dropped=_counted(ledger.filter(pl.col("verdict") == "drop"), "reason"),
        flagged=_counted(_flags(kept), "reason"),
        splits=_counted(kept, "split"),
        rows=read_row_counts(root),
    )


def ledger_lines(root: Path, *, by_text: bool) -> pl.DataFrame:
    """Every line of the ledger with what identifies its row in another build.

    `identity`: `pair`; of a row without a record a fingerprint of its raw text (`by_text`), or its
    place. `verdict`: keep, or verdict and reason (`drop: tie`). `is_turned`:
    the label is the opposite of that which was read.
    """
    reasons = pl.col("flags").list.eval(pl.element().struct.field("reason"))
    is_kept = pl.col("verdict") == "keep"
    lines = scan_ledger(root).select(
        *("row", "source", "source_row", "fingerprint", "pair", "split", "margin"),
        verdict=pl.when(is_kept)
        .then("verdict")
        .otherwise(pl.concat_str("verdict", pl.lit(": "), "reason")),
        is_turned=is_kept & reasons.list.contains(LABEL_FLIPPED).fill_null(value=False),
    )
    place = pl.concat_str("source", pl.lit(":"), pl.col("source_row").cast(pl.String))
    return (
        lines.collect()
        .join(_raw_texts(root if by_text else None), on="row", how="left")
        .with_columns(identity=pl.coalesce("pair", "raw", place))
    )


def _raw_texts(root: Path | None) -> pl.DataFrame:
    """`row` and fingerprint of the raw text, of each row without a record; none without `root`."""
    rows: list[int] = []
    texts: list[str] = []
    folders = () if root is None else (root / QUARANTINE, root / DROPPED)
    for file in sorted(path for folder in folders for path in folder.glob("*.jsonl")):
        with file.open("rb") as lines:
            for line in lines:
                fault = _decode(line)
                rows.append(fault.row)
                texts.append(xxhash.xxh3_128_hexdigest((fault.raw or fault.raw_base64).encode()))
    return pl.DataFrame({"row": rows, "raw": texts}, schema={"row": pl.Int64, "raw": pl.String})


class _RawRow(msgspec.Struct):
    row: int
    raw: str | None = None
    raw_base64: str = ""


_decode = msgspec.json.Decoder(_RawRow).decode


def scan_judgements(root: Path) -> pl.LazyFrame:
    """The rows that speak in pairs, as a lazy frame; only where pairs were made from judgements."""
    return pl.scan_parquet(sorted((root / JUDGEMENTS).glob("*.parquet")), glob=False)


def read_row_counts(root: Path) -> RowCounts | None:
    """The rows behind the lines of the ledger, each once, however many pairs it speaks in.

    None where every row is a pair.
    """
    if not (root / JUDGEMENTS).is_dir():
        return None
    ledger = scan_ledger(root)
    place = ["source", "source_row"]
    unpaired = ledger.filter(pl.col("step") == PAIRS)
    quarantined = ledger.filter(pl.col("verdict") == "quarantine")
    without = pl.concat([unpaired.select("row"), quarantined.select("row")])
    made = ledger.join(without, on="row", how="anti")
    speaking = pl.concat([made.select(place), scan_judgements(root).select(place)])
    counted = [speaking.unique(), quarantined, made]
    in_pairs, faulty, pairs = (int(frame.select(pl.len()).collect().item()) for frame in counted)
    by_reason = _counted(unpaired, "reason")
    read = in_pairs + faulty + sum(by_reason.values())
    return RowCounts(
        read=read, in_pairs=in_pairs, quarantined=faulty, unpaired=by_reason, pairs=pairs
    )


def pairs_without_rows(root: Path) -> int:
    """The number of judgement lines that speak in no pair of the ledger; must be 0."""
    if not (root / JUDGEMENTS).is_dir():
        return 0
    made = scan_ledger(root).filter(pl.col("fingerprint").is_not_null())
    orphans = scan_judgements(root).join(made, on="row", how="anti")
    return int(orphans.select(pl.len()).collect().item())


def quarantine_reasons(root: Path) -> dict[str, int]:
    """Reason to the rows in quarantine for it."""
    return _counted(scan_ledger(root).filter(pl.col("verdict") == "quarantine"), "reason")


def groups_across_splits(root: Path) -> list[int]:
    """Groups with rows in more than one split, which must not exist."""
    kept = scan_ledger(root).filter(pl.col("verdict") == "keep", pl.col("group").is_not_null())
    splits = kept.group_by("group").agg(pl.col("split").n_unique()).filter(pl.col("split") > 1)
    return splits.sort("group").collect()["group"].to_list()


def rows_by_file(root: Path) -> dict[str, int]:
    """The number of rows in each file of the dataset."""
    return _counted(scan_ledger(root).filter(pl.col("file").is_not_null()), "file")


def missing_representatives(root: Path) -> int:
    """The number of rows dropped as similar to a row that was dropped as well; must be 0.

    Representatives that a later step dropped for another reason do not count.
    """
    ledger = scan_ledger(root)
    missing = 0
    for reason, later in _LATER.items():
        is_there = (pl.col("verdict") == "keep") | pl.col("reason").is_in(later)
        alike = ledger.filter(pl.col("reason") == reason).select("other")
        orphans = alike.join(ledger.filter(is_there), left_on="other", right_on="row", how="anti")
        missing += int(orphans.select(pl.len()).collect().item())
    return missing


def reasons_in(ledger: pl.LazyFrame) -> list[str]:
    """Every reason and flag that the ledger names, sorted."""
    reasons = pl.concat([ledger.select("reason"), _flags(ledger).select("reason")])
    return list(reasons.drop_nulls().unique().sort("reason").collect()["reason"])


def _flags(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One line for every row and each reason that it is flagged for."""
    flags = lines.select("row", "flags").explode("flags").filter(pl.col("flags").is_not_null())
    return flags.unnest("flags").unique(["row", "reason"])


def _counted(lines: pl.LazyFrame, column: str) -> dict[str, int]:
    counts = lines.group_by(column).len().sort(column).collect()
    return dict(counts.select(pl.col(column).cast(pl.String), "len").iter_rows())
