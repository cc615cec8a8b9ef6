from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from runs import run_on

from prefdata.config.load import config_of
from prefdata.engines.local import LocalEngine
from prefdata.pipeline.stages.prepare import prepare
from prefdata.steps.audit import ngram_rows as step
from prefdata.steps.audit.ngram_rows import NgramSummary, ngram_rows, read_ngrams
from prefdata.transforms.texts.ngram_counts import count_ngrams
from prefdata.transforms.texts.ngram_rows import NgramRows, ngram_vectors, vocabulary


def pair(chosen: str, rejected: str, prompt: str = "Say something.") -> dict[str, Any]:
    return {"prompt": prompt, "chosen": chosen, "rejected": rejected}


HOSTILE = [
    "\x00 nothing\x00",
    "<script>alert(1)</script>",
    "对吗？你好。",
    "a " * 20_000,
    "👩‍👩‍👧",
]
ROWS = [
    *[pair(f"One answer of {n % 3}, thanks.", f"Another answer {n % 4}.") for n in range(30)],
    pair("", "An empty first side: dropped by a rule."),
    *[pair("One answer of 1, thanks.", text) for text in HOSTILE],
    pair("One answer of 1, thanks.", "One answer of 2, thanks."),
]
PARTS = (ROWS[:13], ROWS[13:20], ROWS[20:])


def made(folder: Path, parts: Any = PARTS, workers: int = 1) -> tuple[NgramSummary, NgramRows]:
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{number}.jsonl" for number in range(len(parts))]
    for name, part in zip(names, parts, strict=True):
        (folder / name).write_text("".join(f"{json.dumps(row)}\n" for row in part), "utf-8")
    config, told = config_of({}), []
    with chdir(folder), LocalEngine(workers, ()) as engine:
        ready = prepare(run_on(names, folder, config, engine=engine))
        summary = ngram_rows(
            engine,
            ready.trail.shards,
            ready.trail.verdicts,
            folder / "ngrams",
            lambda *each: told.append(each),
        )
    assert not told or told[-1] == ("ngrams", 2 * len(parts), 2 * len(parts))
    return summary, read_ngrams(folder / "ngrams")


def vectors(rows: NgramRows, side: str) -> np.ndarray:
    """Those of one side of all pairs (n, width), as a matrix."""
    found = np.zeros((len(rows), rows.width))
    for place, text in enumerate(getattr(rows, side).tolist()):
        assert text >= 0
        entries = slice(rows.indptr[text], rows.indptr[text + 1])
        found[place, rows.indices[entries]] = rows.values[entries]
    return found


def test_every_row_that_is_left_has_the_vectors_of_its_completions(tmp_path: Path) -> None:
    summary, rows = made(tmp_path)
    assert rows.rows.tolist() == [row for row in range(len(ROWS)) if row != 30]
    assert (summary.rows, summary.texts, summary.entries) == (
        len(rows),
        rows.texts,
        len(rows.values),
    )
    length = np.linalg.norm(vectors(rows, "chosen"), axis=1)
    np.testing.assert_allclose(length, 1, atol=1e-5)


def test_one_shard_gives_what_its_texts_give(tmp_path: Path) -> None:
    _, rows = made(tmp_path, [ROWS])
    active = [row for number, row in enumerate(ROWS) if number != 30]
    texts = list(dict.fromkeys([*(r["chosen"] for r in active), *(r["rejected"] for r in active)]))
    counts = count_ngrams(pa.array(texts))
    words = vocabulary(counts.texts_of_keys, len(texts))
    indptr, indices, values = ngram_vectors(counts, words)
    for side in ("chosen", "rejected"):
        numbers = np.array([texts.index(row[side]) for row in active])
        plain = NgramRows(rows.rows, numbers, numbers, indptr, indices, values, words.width)
        np.testing.assert_array_equal(vectors(rows, side), vectors(plain, "chosen"))


def test_a_text_is_kept_once_in_a_shard(tmp_path: Path) -> None:
    _, rows = made(tmp_path)
    last = rows.chosen[-6:]
    assert len(set(last.tolist())) == 1 and rows.rejected[-1] not in last
    assert rows.chosen.max() < rows.texts == len({*rows.chosen.tolist(), *rows.rejected.tolist()})


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_any_number_of_workers_writes_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    made(one)
    made(two, workers=2)
    assert contents(one / "ngrams") == contents(two / "ngrams")


def test_killed_it_goes_on_and_finished_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole"
    wanted, _ = made(whole)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(step, "join_parts", killed)
        made(tmp_path / "half")
    with monkeypatch.context() as patch:
        patch.setattr(step, "count_ngrams", killed)  # counts are there
        found, _ = made(tmp_path / "half")
    assert found == wanted
    assert contents(tmp_path / "half" / "ngrams") == contents(whole / "ngrams")
    monkeypatch.setattr(step, "vocabulary", killed)
    assert made(whole)[0] == wanted


def test_no_row_at_all_is_none(tmp_path: Path) -> None:
    summary, rows = made(tmp_path, [[pair("", "An empty first side.")]])
    assert (summary.rows, len(rows), rows.texts, rows.width) == (0, 0, 0, 0)
