from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from prefdata.errors import ModelError
from prefdata.results.layout import HEAD_NOTE, HEAD_WEIGHTS
from prefdata.reward.heads.head_file import (
    EncoderNote,
    is_head,
    load_head,
    read_head_note,
    save_head,
)
from prefdata.reward.heads.heads import Head

PRINT = "0" * 32
ENCODER = EncoderNote("english", PRINT, 8)
FEATURES = ("completion", "turn-cosine")


def head(kind: str) -> Head:
    random = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {"weights": (9, 3)}
    if kind == "mlp":
        shapes = {"first": (9, 3, 4), "bias": (3, 4), "second": (3, 4)}
    arrays = {
        name: random.normal(size=shape).astype(np.float32)
        for name, shape in {**shapes, "offset": (3,)}.items()
    }
    return Head(kind, FEATURES, arrays)  # type: ignore[arg-type]


def saved(folder: Path, kind: str = "linear") -> Head:
    made = head(kind)
    save_head(folder, made, ENCODER, penalty=0.3, versions={"prefdata": "1"})
    return made


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_round_trip(tmp_path: Path, kind: str) -> None:
    assert not is_head(tmp_path)
    made = saved(tmp_path, kind)
    read = load_head(tmp_path, fingerprint=PRINT, dimension=8)
    sides = np.random.default_rng(1).normal(size=(5, 2, 9)).astype(np.float32)
    assert is_head(tmp_path) and np.array_equal(made.rewards(sides), read.rewards(sides))
    note = read_head_note(tmp_path)
    assert (note.form, note.features, note.members, note.penalty) == (kind, FEATURES, 3, 0.3)
    assert note.encoder == ENCODER and note.versions == {"prefdata": "1"}


@pytest.mark.parametrize(("fingerprint", "dimension"), [("1" * 32, 8), (PRINT, 16)])
def test_another_encoder_is_refused(tmp_path: Path, fingerprint: str, dimension: int) -> None:
    saved(tmp_path)
    with pytest.raises(ModelError, match=r"by english \(0{32}, 8 dimensions\).*by another encoder"):
        load_head(tmp_path, fingerprint=fingerprint, dimension=dimension)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "other"}, "no reward head that this version knows"),
        ({"features": ["length"]}, "does not know: length"),
        ({"members": 2}, "shape"),
        ({"members": 0}, "no reward head"),
        ({"form": "mlp"}, "it holds"),
        ({"unheard": 1}, "unheard"),
    ],
)
def test_a_description_that_does_not_fit(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    saved(tmp_path)
    path = tmp_path / HEAD_NOTE
    path.write_bytes(msgspec.json.encode({**msgspec.json.decode(path.read_bytes()), **change}))
    with pytest.raises(ModelError, match=said):
        load_head(tmp_path, fingerprint=PRINT, dimension=8)


def test_what_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no reward head"):
        read_head_note(tmp_path)
    saved(tmp_path)
    arrays = load_file(tmp_path / HEAD_WEIGHTS)
    arrays["weights"][0, 0] = np.nan
    save_file(arrays, tmp_path / HEAD_WEIGHTS)
    with pytest.raises(ModelError, match="not finite"):
        load_head(tmp_path, fingerprint=PRINT, dimension=8)
    save_file({**arrays, "weights": arrays["weights"].astype(np.float64)}, tmp_path / HEAD_WEIGHTS)
    with pytest.raises(ModelError, match="not float32"):
        load_head(tmp_path, fingerprint=PRINT, dimension=8)
    (tmp_path / HEAD_WEIGHTS).write_bytes(b"\x80\x04pickle")
    with pytest.raises(ModelError, match="cannot be read"):
        load_head(tmp_path, fingerprint=PRINT, dimension=8)
    (tmp_path / HEAD_NOTE).write_bytes(b"{")
    with pytest.raises(ModelError, match="no reward head"):
        read_head_note(tmp_path)
