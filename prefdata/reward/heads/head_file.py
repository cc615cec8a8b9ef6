"""A reward head as files: arrays in `head.safetensors`, their description in `head.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from prefdata.errors import ModelError
from prefdata.models.quiet import cause_of
from prefdata.results.layout import HEAD_NOTE, HEAD_WEIGHTS
from prefdata.reward.heads.features import FEATURES, width_of
from prefdata.reward.heads.heads import Head

_ARRAYS = {"linear": {"weights", "offset"}, "mlp": {"first", "bias", "second", "offset"}}


class EncoderNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The encoder of the embeddings that a head was trained on; see `Identity`."""

    name: str
    fingerprint: str
    dimension: int


class HeadNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content of `head.json`. `versions`: of libraries at training, by name."""

    kind: Literal["head"] = "head"
    form: Literal["linear", "mlp"]
    features: tuple[str, ...]
    members: Annotated[int, msgspec.Meta(ge=1)]
    penalty: float
    encoder: EncoderNote
    versions: dict[str, str]


def save_head(
    folder: Path, head: Head, encoder: EncoderNote, *, penalty: float, versions: dict[str, str]
) -> HeadNote:
    """Writes both files to an existing folder; returns the content of the JSON file."""
    from safetensors.numpy import save_file

    note = HeadNote(
        form=head.kind,
        features=head.features,
        members=head.members,
        penalty=penalty,
        encoder=encoder,
        versions=versions,
    )
    arrays = {name: np.ascontiguousarray(array) for name, array in head.arrays.items()}
    save_file(arrays, folder / HEAD_WEIGHTS)
    text = msgspec.json.format(msgspec.json.encode(note), indent=2)
    (folder / HEAD_NOTE).write_bytes(text + b"\n")
    return note


def is_head(folder: Path) -> bool:
    """Whether a folder holds a head, rather than a whole language model."""
    return (folder / HEAD_NOTE).is_file()


def read_head_note(folder: Path) -> HeadNote:
    """The description of the head in a folder; it names the encoder that the head needs.

    Raises ModelError if there is none, or it is invalid.
    """
    path = folder / HEAD_NOTE
    try:
        note = msgspec.json.decode(path.read_bytes(), type=HeadNote)
    except OSError as error:
        raise ModelError(
            f"{folder} holds no reward head: {HEAD_NOTE} cannot be read ({cause_of(error)})"
        ) from error
    except msgspec.DecodeError as error:
        raise ModelError(
            f"{path} describes no reward head that this version knows: {cause_of(error)}. "
            "Train it again (prefdata train)."
        ) from error
    if unknown := sorted(set(note.features) - set(FEATURES)):
        raise ModelError(
            f"{path} names features that this version does not know: {', '.join(unknown)}. "
            f"It knows {', '.join(FEATURES)}."
        )
    return note


def load_head(folder: Path, *, fingerprint: str, dimension: int) -> Head:
    """The head in a folder, for embeddings by the encoder of that fingerprint and dimension.

    Raises ModelError if it was trained on those of another encoder, or its files are damaged.
    """
    note = read_head_note(folder)
    _check_encoder(folder, note, fingerprint, dimension)
    head = Head(note.form, note.features, _arrays(folder / HEAD_WEIGHTS))
    if (fault := _fault(head, note)) is not None:
        raise ModelError(f"{folder / HEAD_WEIGHTS} does not fit {HEAD_NOTE}: {fault}")
    return head


def _check_encoder(folder: Path, note: HeadNote, fingerprint: str, dimension: int) -> None:
    made_for = note.encoder
    if (made_for.fingerprint, made_for.dimension) != (fingerprint, dimension):
        raise ModelError(
            f"the reward head {folder} was trained on embeddings by {made_for.name} "
            f"({made_for.fingerprint}, {made_for.dimension} dimensions), and these are by another "
            f"encoder ({fingerprint}, {dimension} dimensions). Use the encoder that it was trained "
            "with, settings included, or train it again."
        )


def _arrays(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise ModelError(f"the reward head {path} cannot be read: {cause_of(error)}") from error


def _fault(head: Head, note: HeadNote) -> str | None:
    """How the arrays differ from the description; None if they agree."""
    arrays = head.arrays
    if set(arrays) != _ARRAYS[note.form]:
        return f"it holds {sorted(arrays)}, not {sorted(_ARRAYS[note.form])}"
    width, members = width_of(note.features, note.encoder.dimension), note.members
    expected: dict[str, tuple[int, ...]] = {"offset": (members,), "weights": (width, members)}
    if note.form == "mlp":
        hidden = arrays["second"].size // members
        expected |= {"first": (width, members, hidden)}
        expected |= dict.fromkeys(("bias", "second"), (members, hidden))
    for name, array in arrays.items():
        if array.shape != expected[name]:
            return f"{name} has shape {array.shape}, not {expected[name]}"
        if array.dtype != np.float32 or not np.isfinite(array).all():
            return f"{name} holds a number that is not finite, or not float32"
    return None
