from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.encoder import Encoded, Progress
from prefdata.engines.local import LocalEngine
from prefdata.errors import RunError
from prefdata.io.embeddings.segments import open_segment
from prefdata.io.files.shards import REMARKS_SCHEMA, Shard, Written, read_table, write_table
from prefdata.records.columns import RECORD_SCHEMA, RecordColumns
from prefdata.records.record import Record, assistant, system, user
from prefdata.records.text_columns import TEXT_COLUMNS
from prefdata.steps.semantic import embed as step
from prefdata.steps.semantic import open_encoder as encoding
from prefdata.steps.semantic import text_windows
from prefdata.steps.semantic import vector_store as filling
from prefdata.steps.semantic.embed import EmbedSummary, embed
from prefdata.steps.semantic.open_encoder import (
    embed_texts,
    encoder_of,
    prepare_encoder,
    window_ends,
)
from prefdata.steps.semantic.read_embeddings import Embedded, read_embedded
from prefdata.steps.semantic.text_tables import first_occurrences
from prefdata.steps.verdict_tables import VERDICT_SCHEMA, Tables, verdict_file

LONG = "很长的一段话，" + "and a word, " * 500
RECORDS = [
    [("why is the sky blue", "air scatters blue", "no idea"), ("你好", "你好！", "no idea")],
    [],
    [("why is the sky blue", "no idea", "Go away."), (LONG, "too long", "a \x00 b")],
    [("Hi", "Hello there", " \u3000\n"), ("Hi", "Hello there", "bye"), ("", "a", "b")],
]
TEXTS = 14  # different ones, blank ones aside


def record(prompt: str, chosen: str, rejected: str) -> Record:
    return Record((system("be brief"), user(prompt)), (assistant(chosen),), (assistant(rejected),))


def shards(folder: Path, dropped: int | None, more: int) -> tuple[list[Shard], Tables]:
    """Shards of records, one of whose rows a check has dropped."""
    made, first = [], 0
    appended = [(f"new question {n}", "no idea", f"new answer {n}") for n in range(more)]
    for number, rows in enumerate([*RECORDS, appended]):
        columns = RecordColumns()
        for row, texts in enumerate(rows):
            columns.append(row, row, record(*texts))
        written = Written(f"{number}", len(rows), len(rows), 0, len(rows), len(rows))
        made.append(Shard(folder, written, number, 0, first, first))
        first += len(rows)
        write_table(made[-1].records, [columns.batch()], RECORD_SCHEMA)
        write_table(made[-1].remarks, [], REMARKS_SCHEMA)
        gone = [row for row in made[-1].rows if row == dropped]
        verdicts = [{"row": row, "verdict": "drop", "reason": "x"} for row in gone]
        batch = pa.RecordBatch.from_pylist(verdicts, schema=VERDICT_SCHEMA)
        write_table(verdict_file(folder / "checks", made[-1]), [batch], VERDICT_SCHEMA)
    return made, Tables(folder / "checks")


def config_in(folder: Path, **given: Any) -> EncoderConfig:
    return EncoderConfig(name="ngrams", cache=str(folder / "cache"), **given)


def embedded(
    tmp_path: Path,
    out: str = "out",
    *,
    workers: int = 1,
    dropped: int | None = None,
    more: int = 0,
    **given: Any,
) -> EmbedSummary:
    made, tables = shards(tmp_path, dropped, more)
    config = config_in(tmp_path, **given)
    told: list[tuple[int, int]] = []

    def report(name: str, done: int, total: int) -> None:
        if name == "embed":
            told.append((done, total))

    with LocalEngine(workers) as engine:
        summary = embed(engine, made, tables, config, tmp_path / out, report)
    assert told == sorted(told)
    assert not told or told[-1] == (summary.texts, summary.texts)
    return summary


def verdicts(folder: Path) -> list[tuple[int, str]]:
    rows = [row for batch in read_table(folder / "verdicts.arrow") for row in batch.to_pylist()]
    assert all((row["verdict"], row["reason"]) == ("flag", "not-embedded") for row in rows)
    return [(row["row"], row["evidence"]) for row in rows]


def content(folder: Path) -> dict[str, bytes]:
    files = [*folder.glob("*.npy"), folder / "verdicts.arrow"]
    assert {path.suffix for path in folder.iterdir()} <= {".npy", ".arrow", ".json", ""}
    return {path.name: path.read_bytes() for path in files}


@pytest.fixture
def encoded_texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the encoder is given from now on, in this process."""
    seen: list[str] = []

    def noted(texts: Sequence[str], config: EncoderConfig, progress: Progress | None = None) -> Any:
        seen.extend(texts)
        return original(texts, config, progress)

    original = encoding.encode
    monkeypatch.setattr(encoding, "encode", noted)
    monkeypatch.setattr(text_windows, "encode", noted)
    return seen


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "WINDOW_TEXTS", 3)
    monkeypatch.setattr(filling, "TOGETHER_BYTES", 1)


def flat() -> list[tuple[str, str, str]]:
    return [texts for rows in RECORDS for texts in rows]


def check(found: Embedded, config: EncoderConfig, rows: Sequence[int]) -> None:
    """Every row has the vectors that the encoder gives for its texts."""
    assert found.rows.tolist() == list(rows)
    for place, row in enumerate(rows):
        prompt, chosen, rejected = flat()[row]
        for name, text in zip(TEXT_COLUMNS, (prompt, prompt, chosen, rejected), strict=True):
            number = found.index[name][place]
            assert (number < 0) == (not text.strip())
            if number >= 0:
                vector = encoder_of(config).encode([text]).vectors[0].astype(np.float16)
                np.testing.assert_allclose(found.vectors[number], vector, atol=1e-3)


@pytest.mark.parametrize("dropped", [None, 2])
def test_every_active_row_once_with_its_vectors(tmp_path: Path, dropped: int | None) -> None:
    summary = embedded(tmp_path, dropped=dropped)
    rows = [row for row in range(7) if row != dropped]
    found = read_embedded(tmp_path / "out")
    check(found, config_in(tmp_path), rows)
    assert found.vectors.dtype == np.float16
    assert np.array_equal(found.index["prompt"], found.index["turn"])
    numbers = np.stack([found.index[name] for name in TEXT_COLUMNS], axis=1).reshape(-1)
    firsts = np.unique(numbers[numbers >= 0], return_index=True)[1]
    assert (np.diff(firsts) > 0).all()  # in the order in which they first occur
    texts = {text for row in rows for text in flat()[row] if text.strip()}
    assert (summary.rows, summary.texts, summary.embedded) == (len(rows), len(texts), len(texts))
    assert len(found.vectors) == len(found.windows) == len(texts)
    assert summary.windows == found.windows.sum()
    assert summary.beyond == (found.windows > 1).sum()


def test_rows_without_embedding_are_flagged(tmp_path: Path) -> None:
    summary = embedded(tmp_path)
    told = [(4, "rejected is blank"), (6, "prompt is blank")]
    assert verdicts(tmp_path / "out") == told
    assert (summary.unembedded, summary.failed) == (2, 0)


def test_active_rows_and_rows_that_have_all(tmp_path: Path) -> None:
    embedded(tmp_path)
    found = read_embedded(tmp_path / "out")
    some = found.active(np.array([0, 3, 99]))
    assert some.rows.tolist() == [1, 2, 4, 5, 6]
    assert some.having("chosen", "rejected").rows.tolist() == [1, 2, 5, 6]
    assert some.having(*TEXT_COLUMNS).rows.tolist() == [1, 2, 5]
    check(some, config_in(tmp_path), [1, 2, 4, 5, 6])


def test_the_same_bytes_however_it_came_about(
    tmp_path: Path, small_windows: None, encoded_texts: list[str]
) -> None:
    embedded(tmp_path, "none", cache_bytes=0)
    assert not (tmp_path / "cache").exists()
    whole = content(tmp_path / "none")
    texts = len(encoded_texts)
    assert texts == len(set(encoded_texts)) == TEXTS
    for out, known, given in [
        ("workers", 0, {"workers": 3, "cache_bytes": 0}),
        ("empty", 0, {}),
        ("full", texts, {}),
        ("full again", texts, {"workers": 2}),
    ]:
        summary = embedded(tmp_path, out, **given)
        assert (summary.cached, summary.embedded) == (known, texts - known)
        assert content(tmp_path / out) == whole


def test_an_appended_file_embeds_only_what_is_new(
    tmp_path: Path, small_windows: None, encoded_texts: list[str]
) -> None:
    embedded(tmp_path)
    encoded_texts.clear()
    summary = embedded(tmp_path, "more", more=5)
    assert encoded_texts == [f"new {part} {n}" for n in range(5) for part in ("question", "answer")]
    assert (summary.cached, summary.embedded) == (TEXTS, 10)
    embedded(tmp_path, "fresh", more=5, cache_bytes=0)
    assert content(tmp_path / "more") == content(tmp_path / "fresh")


@pytest.mark.parametrize("cache_bytes", [0, 1 << 30])
@pytest.mark.parametrize("survive", [0, 1, 3])
def test_a_run_that_was_killed_goes_on_where_it_was(
    tmp_path: Path,
    small_windows: None,
    encoded_texts: list[str],
    monkeypatch: pytest.MonkeyPatch,
    survive: int,
    cache_bytes: int,
) -> None:
    embedded(tmp_path, "whole", cache_bytes=0)
    encoded_texts.clear()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(text_windows, "embed_window", stopping(text_windows.embed_window, survive))
        embedded(tmp_path, cache_bytes=cache_bytes)
    assert len(encoded_texts) == 3 * survive
    summary = embedded(tmp_path, cache_bytes=cache_bytes)
    assert len(encoded_texts) == len(set(encoded_texts)) == summary.embedded == TEXTS
    assert content(tmp_path / "out") == content(tmp_path / "whole")
    assert not (tmp_path / "out/parts").exists()
    assert embedded(tmp_path, cache_bytes=cache_bytes) == summary
    if cache_bytes:  # what was embedded before the end came is kept too
        assert embedded(tmp_path, "later").cached == TEXTS
    assert len(encoded_texts) == TEXTS


def stopping(work: Callable[..., Path], after: int) -> Callable[..., Path]:
    """Does the work some times; the next time the run is ended, the work just done."""
    calls = []

    def stopped(*given: Any) -> Path:
        if len(calls) == after:
            raise KeyboardInterrupt
        calls.append(given)
        return work(*given)

    return stopped


def test_a_run_killed_between_a_part_and_the_cache(
    tmp_path: Path, small_windows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(filling.Filling, "take", stop)
        embedded(tmp_path)
    embedded(tmp_path)
    assert embedded(tmp_path, "later").cached == TEXTS


class Faulty:
    """The encoder itself, but of some texts it makes nothing; and it takes all cores."""

    is_light = False

    def __init__(self, encoder: encoding.Encoder, *, wide: bool = False) -> None:
        self._encoder, self.identity = encoder, encoder.identity
        if wide:
            self.identity = replace(self.identity, dimension=7)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Encoded:
        made = self._encoder.encode(texts, progress)
        vectors = made.vectors.copy()
        for place, text in enumerate(texts):
            if "no idea" in text or text == "Hi":
                vectors[place, 1] = np.nan
        return Encoded(vectors, made.windows)


def test_what_the_encoder_makes_nothing_of_is_named_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoded_texts: list[str]
) -> None:
    faulty = Faulty(encoder_of(config_in(tmp_path)))
    for module in (encoding, text_windows, step):
        monkeypatch.setattr(module, "encoder_of", lambda _: faulty)
    said = "the encoder gave no finite number for "
    told = [(0, said + "rejected"), (1, said + "rejected"), (2, said + "chosen")]
    told += [(4, f"rejected is blank; {said}prompt"), (5, said + "prompt"), (6, "prompt is blank")]
    for out in ("first", "second"):
        summary = embedded(tmp_path, out)
        assert verdicts(tmp_path / out) == told
        assert (summary.failed, summary.unembedded) == (2, 6)
        assert np.isfinite(read_embedded(tmp_path / out).vectors).all()
    assert (summary.cached, summary.embedded) == (TEXTS - 2, 0)
    assert encoded_texts[TEXTS:] == ["no idea", "Hi"]
    assert content(tmp_path / "first") == content(tmp_path / "second")


def test_vectors_of_another_shape_than_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = Faulty(encoder_of(config_in(tmp_path)), wide=True)
    for module in (encoding, text_windows, step):
        monkeypatch.setattr(module, "encoder_of", lambda _: faulty)
    with pytest.raises(RunError, match=r"gave vectors of shape .* was to give \(14, 7\)"):
        embedded(tmp_path, cache_bytes=0)


def test_texts_as_nobody_expects_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoded_texts: list[str]
) -> None:
    huge = "a very long text, " * 600_000
    rows = [(huge, "x\x00y", "\ufeffx"), ("\u202e\U0001f469\u200d\U0001f4bb", "x" * 9000, huge)]
    monkeypatch.setitem(globals(), "RECORDS", [rows])
    embedded(tmp_path)
    found = read_embedded(tmp_path / "out")
    assert sorted(encoded_texts) == sorted({text for texts in rows for text in texts})
    assert found.index["prompt"][0] == found.index["rejected"][1]
    check(found, config_in(tmp_path), [0, 1])


def test_nothing_to_embed(tmp_path: Path) -> None:
    nothing, config = Tables(tmp_path), config_in(tmp_path)
    summary = embed(LocalEngine(), [], nothing, config, tmp_path / "out", lambda *_: None)
    assert (summary.rows, summary.texts, summary.windows) == (0, 0, 0)
    found = read_embedded(tmp_path / "out")
    assert found.vectors.shape == (0, prepare_encoder(config).dimension)
    assert len(found.having(*TEXT_COLUMNS)) == 0


def test_damage_in_the_cache_is_reported(
    tmp_path: Path, small_windows: None, encoded_texts: list[str]
) -> None:
    embedded(tmp_path)
    segments = sorted((tmp_path / "cache/embeddings").glob("*/*.arrow"))
    assert len(segments) == 5
    segments[0].write_bytes(segments[0].read_bytes()[:500])
    encoded_texts.clear()
    summary = embedded(tmp_path, "again")
    assert summary.damaged == (segments[0].name,)
    assert len(encoded_texts) == summary.embedded == TEXTS - summary.cached > 0
    assert content(tmp_path / "out") == content(tmp_path / "again")


def test_windows_of_a_light_encoder_are_kept_together(tmp_path: Path, small_windows: None) -> None:
    with mock.patch.object(
        filling, "TOGETHER_BYTES", 7 * prepare_encoder(config_in(tmp_path)).dimension * 2
    ):
        embedded(tmp_path)
    segments = list((tmp_path / "cache/embeddings").glob("*/*.arrow"))
    assert sorted(len(open_segment(path).high) for path in segments) == [5, 9]
    assert embedded(tmp_path, "again").cached == TEXTS


def test_a_cache_too_small_says_so(tmp_path: Path, small_windows: None) -> None:
    summary = embedded(tmp_path, cache_bytes=1000)
    assert summary.displaced > 1000
    assert not list((tmp_path / "cache/embeddings").glob("*/*.arrow"))


def test_lists_of_texts(tmp_path: Path, small_windows: None, encoded_texts: list[str]) -> None:
    config = config_in(tmp_path)
    texts = ["why is the sky blue", "", "b", "Hi", "b", "c", "\n", "d", "lone \ud800", "e"]
    vectors, is_embedded = embed_texts(config, texts)
    assert is_embedded.tolist() == [bool(text.strip()) for text in texts]
    assert not vectors[~is_embedded].any()
    plain = [text.replace("\ud800", "?") for text in texts]
    expected = encoder_of(config).encode(plain).vectors[is_embedded]
    np.testing.assert_allclose(vectors[is_embedded], expected, atol=1e-3)
    assert len(encoded_texts) == 7
    assert np.array_equal(embed_texts(config, texts[::-1])[0], vectors[::-1])
    assert embed_texts(config, [])[0].shape == (0, vectors.shape[1])
    assert len(encoded_texts) == 7
    assert embedded(tmp_path).cached == 3


def test_windows_are_bounded_in_texts_and_bytes() -> None:
    big = encoding.WINDOW_BYTES
    assert window_ends(np.zeros(0, np.int32)) == []
    assert window_ends(np.array([1, big, 5, 5, 2**31 - 1, 1], np.int32)) == [1, 2, 4, 5, 6]
    assert window_ends(np.ones(10_000, np.int32)) == [4096, 8192, 10_000]


def test_first_occurrences_as_in_a_dictionary() -> None:
    keys = np.random.default_rng(0).integers(0, 4, (200, 2)).astype(np.uint64)
    firsts, numbers = first_occurrences(keys)
    known: dict[tuple[int, ...], int] = {}
    expected = [known.setdefault(tuple(key), len(known)) for key in keys.tolist()]
    assert numbers.tolist() == expected
    assert firsts.tolist() == [expected.index(number) for number in range(len(known))]
