"""The embeddings of the rows of a run, as the step `embed` writes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prefdata.io.embeddings.segments import Halves, Windows
from prefdata.io.files.arrays import read_array, write_array
from prefdata.records.arrays import Ints
from prefdata.records.text_columns import TEXT_COLUMNS

Places = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Embedded:
    """Rows and the embeddings of their texts.

    `rows` (n), ascending. `index`: for each name of `TEXT_COLUMNS` the positions (n) of the rows'
    texts in `vectors`, -1 for no embedding. `vectors` (m, dimension), memory-mapped, of unit
    length; zeros for a text without embedding, which no row refers to. `windows` (m): encoder
    windows that a text was cut into, 0 for no embedding. The m distinct texts are in order of first
    occurrence.
    """

    rows: Ints
    index: dict[str, Ints]
    vectors: Halves
    windows: Windows

    def __len__(self) -> int:
        return len(self.rows)

    def active(self, dropped: Ints) -> Embedded:
        """The embeddings without the `dropped` rows; `vectors` is unchanged."""
        return self.only(~np.isin(self.rows, dropped))

    def having(self, *names: str) -> Embedded:
        """The rows all of whose named texts have an embedding."""
        return self.only(np.logical_and.reduce([self.index[name] >= 0 for name in names]))

    def only(self, which: npt.NDArray[np.bool_] | Ints) -> Embedded:
        """The rows selected by flags (n) or by positions, in that order."""
        index = {name: numbers[which] for name, numbers in self.index.items()}
        return replace(self, rows=self.rows[which], index=index)


def read_embedded(folder: Path) -> Embedded:
    """Reads what `embed` wrote to a folder."""
    return Embedded(
        read_array(folder / "rows.npy"),
        {name: read_array(_index_file(folder, name)).astype(np.int64) for name in TEXT_COLUMNS},
        read_array(folder / "vectors.npy"),
        read_array(folder / "windows.npy"),
    )


def write_index(folder: Path, rows: Ints, index: Places, windows: Windows) -> None:
    """Writes everything but the vectors. `index` (n, 4): one column per name of `TEXT_COLUMNS`."""
    write_array(folder / "rows.npy", rows)
    write_array(folder / "windows.npy", windows)
    for column, name in enumerate(TEXT_COLUMNS):
        write_array(_index_file(folder, name), index[:, column])


def _index_file(folder: Path, name: str) -> Path:
    return folder / f"index-{name}.npy"
