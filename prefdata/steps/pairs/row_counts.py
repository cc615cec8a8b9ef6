"""Counts the rows of sources that are judgements, several of which may make one pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from prefdata.io.files.shards import Shard, read_quarantine
from prefdata.results.manifest import RowCounts
from prefdata.rules.pairing import UNPAIRED


def row_counts(shards: Sequence[Shard]) -> RowCounts | None:
    """Where the rows of the sources went, as their reading counted them.

    None where every row is a pair.
    """
    if not any(shard.written.spoken for shard in shards):
        return None
    unpaired: Counter[str] = Counter()
    for shard in shards:
        unpaired.update(unpaired_rows(shard))
    read = sum(part.read for shard in shards for part in shard.parts)
    quarantined = sum(shard.written.quarantined for shard in shards)
    return RowCounts(
        read=read,
        in_pairs=read - quarantined - unpaired.total(),
        quarantined=quarantined,
        unpaired=dict(sorted(unpaired.items())),
        pairs=sum(shard.written.records for shard in shards),
    )


def unpaired_rows(shard: Shard) -> dict[str, int]:
    """The rows of a shard that make no pair, by reason."""
    if not shard.written.unpaired:
        return {}
    reasons = (r for batch in read_quarantine(shard) for r in batch.column("reason").to_pylist())
    return Counter(reason for reason in reasons if reason in UNPAIRED)
