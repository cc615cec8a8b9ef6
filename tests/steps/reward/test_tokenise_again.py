"""What is tokenised stays the same with any number of workers, after a kill, and is read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prefdata.config.reward import LengthConfig
from prefdata.records.record import Record
from prefdata.steps.reward import tokenise as step
from prefdata.steps.reward.tokenise import tokens_identity
from prefdata.steps.reward.tokenise_shard import tokenizer_of
from tests.steps.reward.tokenised_rows import (
    ALL,
    record,
    reference,
    tokenised,
)


def many(count: int) -> list[list[Record]]:
    rows = [
        record(f"sky {n} " * (n % 40), f"blue {n}", f"光线 {n}", float(n)) for n in range(count)
    ]
    return [rows[:700], rows[700:710], rows[710:]]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_workers_rows_at_once_and_a_killed_run_change_no_byte(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"tokens": 60, "beyond": "truncate-prompt-left"}
    parts = many(1500)
    one, *_ = tokenised(tmp_path, parts, saved / "chatml", out="one", **options)
    assert one.flagged
    tokenised(tmp_path, parts, saved / "chatml", out="two", workers=2, **options)
    with monkeypatch.context() as patch:
        patch.setattr("prefdata.steps.reward.tokenise_shard.ROWS_AT_ONCE", 7)
        tokenised(tmp_path, parts, saved / "chatml", out="few", **options)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(step, "join_arrays", killed)
        tokenised(tmp_path, parts, saved / "chatml", out="killed", **options)
    done = sorted((tmp_path / "killed" / "parts").iterdir())
    stamps = [(part / "ids.npy").stat().st_mtime_ns for part in done]
    (done[1] / "done.json").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(step.shutil, "rmtree", lambda *_, **__: None)
        tokenised(tmp_path, parts, saved / "chatml", out="killed", **options)
    after = [(part / "ids.npy").stat().st_mtime_ns for part in done]
    assert [a == b for a, b in zip(stamps, after, strict=True)] == [True, False, True]
    expected = contents(tmp_path / "one")
    for out in ("two", "few", "killed"):
        assert contents(tmp_path / out) == expected
    assert not (tmp_path / "one" / "parts").exists()


def test_what_is_done_is_read(saved: Path, tmp_path: Path) -> None:
    parts = many(30)
    first, pairs, _ = tokenised(tmp_path, parts, saved / "plain")
    stamp = (tmp_path / "out" / "ids.npy").stat().st_mtime_ns
    again, *_ = tokenised(tmp_path, parts, saved / "plain")
    assert again == first
    assert (tmp_path / "out" / "ids.npy").stat().st_mtime_ns == stamp
    assert isinstance(pairs.ids.base, np.memmap)


def test_the_identity_is_of_tokenizer_and_lengths(saved: Path, tmp_path: Path) -> None:
    def identity(name: Path, **length: Any) -> str:
        return tokens_identity(str(name), LengthConfig(**length))

    assert identity(saved / "plain") == identity(saved / "plain")
    others = [identity(saved / name) for name in ALL]
    others += [identity(saved / "plain", tokens=9), identity(saved / "plain", beyond="error")]
    assert len(set(others)) == len(others)
    tokenizer_of.cache_clear()
    copy = tmp_path / "copy"
    reference(saved / "plain").save_pretrained(copy)
    assert identity(copy) == identity(saved / "plain")
