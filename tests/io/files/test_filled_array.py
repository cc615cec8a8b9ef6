from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from prefdata.errors import OutputError
from prefdata.io.files import arrays as filled_array
from prefdata.io.files.arrays import array_to_fill, read_array


@pytest.mark.parametrize("can_reserve", [True, False])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (5, 7), (1000, 3)])
def test_what_was_filled_in_any_order_is_read(
    tmp_path: Path, shape: tuple[int, int], can_reserve: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filled_array, "BLOCK_BYTES", 1001)
    if not can_reserve:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    values = np.random.default_rng(0).normal(size=shape).astype(np.float16)
    with array_to_fill(tmp_path / "a.npy", shape, np.float16) as array:
        assert not array.any()
        for row in reversed(range(shape[0])):
            array[row] = values[row]
        assert not (tmp_path / "a.npy").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]
    read = read_array(tmp_path / "a.npy")
    assert read.dtype == np.float16
    assert np.array_equal(read, values)


def test_what_is_not_finished_is_not_there_and_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    with pytest.raises(KeyError), array_to_fill(path, (2, 2), np.int32) as array:
        array[0] = 1
        raise KeyError
    assert not path.exists()
    with array_to_fill(path, (3, 1), np.int32) as array:
        array[2] = 5
    assert read_array(path).tolist() == [[0], [0], [5]]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EOPNOTSUPP])
def test_a_full_disk_is_an_error_and_an_old_one_is_none(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    if number == errno.ENOSPC:
        with (
            pytest.raises(OutputError, match=r"No space left .*\(140 bytes are needed\)"),
            array_to_fill(tmp_path / "a.npy", (3, 1), np.int32),
        ):
            pass
        assert not list(tmp_path.iterdir())
    else:
        with array_to_fill(tmp_path / "a.npy", (3, 1), np.int32) as array:
            array[1] = 1
        assert read_array(tmp_path / "a.npy").tolist() == [[0], [1], [0]]
