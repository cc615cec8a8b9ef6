"""Makes the figures of a campaign: what the process of `measuring` runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from prefdata.io.annotation.counted_votes import read_counted_votes, read_item_keys
from prefdata.io.annotation.items import read_config
from prefdata.io.annotation.store import open_file
from prefdata.io.annotation.votes import last_vote
from prefdata.results.annotation import MeasuredVotes
from prefdata.startup import leave_pandas_asleep
from prefdata.transforms.annotation.figures import measure_votes

_NICE = 10  # steps down in the queue for a core: answering comes first


def measured(path: Path) -> MeasuredVotes:
    """The figures over all votes in a file, as they are now."""
    database = open_file(path, is_read_only=True)
    try:
        with database.reading() as db:
            upto = last_vote(db)
            config = read_config(db)
            items = {item.id: item for item in read_item_keys(db)}
            votes = list(read_counted_votes(db, upto))
    finally:
        database.close()
    return measure_votes(items, votes, config, upto)


def main(path: str) -> None:
    """Writes the figures to stdout as JSON."""
    os.nice(_NICE)
    leave_pandas_asleep()
    sys.stdout.buffer.write(msgspec.json.encode(measured(Path(path))))
