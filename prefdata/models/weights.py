"""The files that make up a model, and the fingerprint of their contents."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import xxhash

_BLOCK = 1 << 22
_SUFFIXES = frozenset(
    {".safetensors", ".bin", ".npz", ".npy", ".json", ".txt", ".model", ".spm", ".bpe", ".vocab"}
    | {".jinja", ".py"}
)
_OTHER_BACKENDS = frozenset({"onnx", "openvino", "coreml", "gguf"})


def model_files(names: Iterable[str], *, code: bool) -> list[str]:
    """The files of a repository that PyTorch loads a model from, sorted.

    Weights are listed once: no `.bin` beside safetensors. Python files only with `code`.

    >>> model_files(["model.safetensors", "pytorch_model.bin", "onnx/model.json"], code=False)
    ['model.safetensors']
    """
    paths = [PurePosixPath(name) for name in names]
    wanted = {
        path
        for path in paths
        if path.suffix in _SUFFIXES
        and not _OTHER_BACKENDS.intersection(path.parts[:-1])
        and not any(part.startswith(".") for part in path.parts)
        and (code or path.suffix != ".py")
    }
    safe = {path.parent for path in wanted if path.suffix == ".safetensors"}
    return sorted(
        str(path) for path in wanted if not (path.suffix == ".bin" and path.parent in safe)
    )


def files_of(folder: Path, *, code: bool) -> list[str]:
    """`model_files` of a folder, with names relative to it."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return model_files(names, code=code)


def is_model(folder: Path) -> bool:
    """Whether a folder holds a config and weights; not whether they can be loaded."""
    files = files_of(folder, code=False)
    has_weights = any(name.endswith((".safetensors", ".bin", ".npz", ".npy")) for name in files)
    return has_weights and bool({"config.json", "modules.json"}.intersection(files))


def weights_digest(folder: Path, *, code: bool) -> str:
    """A 128-bit digest of names and contents of a model's files, as 32 hexadecimal digits."""
    whole = xxhash.xxh3_128()
    for name in files_of(folder, code=code):
        whole.update(name.encode("utf-8", "surrogateescape") + b"\0" + _digest(folder / name))
    return whole.hexdigest()


def _digest(path: Path) -> bytes:
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.digest()
