"""The log of a training: one JSON line per step, and TensorBoard files on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from prefdata.results.layout import TRAINING_LOG

Write = Callable[[int, dict[str, float]], None]
"""`write(step, values)`: logs values measured in or after a step (from 1)."""


@contextmanager
def training_log(folder: Path, *, after: int, tensorboard: bool) -> Iterator[Write]:
    """Appends lines to FOLDER/curves.jsonl; removes an interrupted run's after `after`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / TRAINING_LOG
    _cut(path, after)
    with ExitStack() as stack:
        board = stack.enter_context(_board(folder, after)) if tensorboard else None
        file = stack.enter_context(path.open("ab", buffering=0))

        def write(step: int, values: dict[str, float]) -> None:
            file.write(msgspec.json.encode({"step": step, **values}) + b"\n")
            if board is not None:
                for name, value in values.items():
                    board(name, value, step)

        yield write


def read_training_log(folder: Path) -> list[dict[str, float]]:
    """All lines of FOLDER/curves.jsonl, without an incomplete last line."""
    path = folder / TRAINING_LOG
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [msgspec.json.decode(line, type=dict[str, float]) for line in lines]


def _cut(path: Path, after: int) -> None:
    lines = [line for line in read_training_log(path.parent) if line["step"] <= after]
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    temporary.replace(path)


@contextmanager
def _board(folder: Path, after: int) -> Iterator[Callable[[str, float, int], None]]:
    from torch.utils.tensorboard import SummaryWriter

    # purge_step hides what an interrupted run wrote from that step on
    writer = SummaryWriter(str(folder / "tensorboard"), purge_step=after + 1)
    try:
        yield writer.add_scalar
    finally:
        writer.close()
