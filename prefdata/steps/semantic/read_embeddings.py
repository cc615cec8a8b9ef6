"""The embeddings of the rows of a run, as the step `embed` has left them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prefdata.io.embeddings.segments import Halves, Windows
from prefdata.io.files.arrays import read_array, write_array
from prefdata.records.spoken import SPOKEN
from prefdata.records.texts import Ints

Places = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Embedded:
    """Rows, and the vectors of their texts.

    `rows` (n), ascending; `index`: by name of `SPOKEN` the number (n) of the row's text in
    `vectors`, -1 where it has no embedding; `vectors` (texts, dimension), memory-mapped, of unit
    length (zeros: no embedding, and no row refers to it); `windows` (texts): chunks that a text
    was cut into, 0 where it has no embedding. Texts are numbered as they first occur.
    """

    rows: Ints
    index: dict[str, Ints]
    vectors: Halves
    windows: Windows

    def __len__(self) -> int:
        return len(self.rows)

    def active(self, dropped: Ints) -> Embedded:
        """Without some rows; `vectors` stays as it is."""
        return self.only(~np.isin(self.rows, dropped))

    def having(self, *names: str) -> Embedded:
        """The rows all of whose named texts have an embedding."""
        return self.only(np.logical_and.reduce([self.index[name] >= 0 for name in names]))

    def only(self, which: npt.NDArray[np.bool_] | Ints) -> Embedded:
        """The rows with a flag, shape (n), or at some places, in their order."""
        index = {name: numbers[which] for name, numbers in self.index.items()}
        return replace(self, rows=self.rows[which], index=index)


def read_embedded(folder: Path) -> Embedded:
    """Reads what `embed` has left in a folder."""
    return Embedded(
        read_array(folder / "rows.npy"),
        {name: read_array(_index_file(folder, name)).astype(np.int64) for name in SPOKEN},
        read_array(folder / "vectors.npy"),
        read_array(folder / "windows.npy"),
    )


def write_index(folder: Path, rows: Ints, index: Places, windows: Windows) -> None:
    """Writes all but the vectors. `index` (n, 4): numbers of the texts of `SPOKEN`."""
    write_array(folder / "rows.npy", rows)
    write_array(folder / "windows.npy", windows)
    for column, name in enumerate(SPOKEN):
        write_array(_index_file(folder, name), index[:, column])


def _index_file(folder: Path, name: str) -> Path:
    return folder / f"index-{name}.npy"
