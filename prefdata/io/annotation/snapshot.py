"""A campaign as a source: its votes as they are now, written beside as JSON Lines.

People may go on voting: what was written stays as it is, and a run reads nothing else.
"""

from __future__ import annotations

from pathlib import Path

from prefdata.errors import SourceError
from prefdata.io.files.atomic import atomic_file


def spool_votes(campaign: Path, target: Path) -> Path:
    """Writes the votes of a campaign to the file `target`, as they are now; returns its path.

    Raises SourceError if nobody has voted, or if the campaign cannot be read.
    """
    from prefdata.io.annotation.export import exported
    from prefdata.io.annotation.store import open_file

    database = open_file(campaign, is_read_only=True)
    try:
        with atomic_file(target, checksum=False, durable=False) as file:
            empty = True
            for line in exported(database):
                file.write(line)
                empty = False
    finally:
        database.close()
    if empty:
        target.unlink()
        raise SourceError(
            f"{campaign}: nobody has voted in this campaign yet. `prefdata annotate --project "
            f"{campaign}` opens it to those who judge."
        )
    return target
