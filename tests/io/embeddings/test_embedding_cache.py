from __future__ import annotations

import multiprocessing
import os
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from prefdata.cache_folder import cache_folder
from prefdata.errors import OutputError, RunError
from prefdata.io.embeddings import upkeep as embedding_upkeep
from prefdata.io.embeddings.cache import EmbeddingCache, open_cache
from prefdata.io.embeddings.segments import (
    DamagedSegment,
    open_segment,
    places_in,
    segments_in,
    write_segment,
)
from prefdata.io.embeddings.upkeep import merge, trim
from prefdata.io.files.shards import write_table

PRINT = "0" * 32


def cache_in(root: Path, fingerprint: str = PRINT, dimension: int = 4) -> EmbeddingCache:
    return open_cache(root, fingerprint, dimension, max_bytes=1 << 30)


def keys_of(numbers: range | list[int]) -> np.ndarray:
    """Keys whose order is not that of the numbers, and of which many share a half."""
    return np.array([(n * 7919 % 97, n * 31 % 1009) for n in numbers], np.uint64).reshape(-1, 2)


def vectors_of(keys: np.ndarray) -> np.ndarray:
    """A vector that tells whose it is."""
    return np.concatenate([keys, keys], axis=1).astype(np.float16)


def add(cache: EmbeddingCache, numbers: range | list[int]) -> None:
    keys = keys_of(numbers)
    cache.add(keys, vectors_of(keys), (keys[:, 1] % 5).astype(np.int32))


def check(cache: EmbeddingCache, numbers: range | list[int]) -> int:
    """How many are found; what is found is right."""
    keys = keys_of(numbers)
    found = cache.find(keys)
    assert np.array_equal(found.vectors, vectors_of(keys[found.is_found]))
    assert np.array_equal(found.windows, keys[found.is_found, 1] % 5)
    return int(found.is_found.sum())


def test_what_was_added_is_found_in_the_order_asked_for(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    assert check(cache, range(10)) == 0
    add(cache, range(0, 300, 3))
    add(cache, range(0, 300, 5))
    wanted = list(range(300)) * 2
    random.Random(0).shuffle(wanted)
    held = [n % 3 == 0 or n % 5 == 0 for n in wanted]
    assert cache_in(tmp_path).find(keys_of(wanted)).is_found.tolist() == held
    assert check(cache, wanted) == sum(held)
    assert check(cache, []) == 0
    assert check(cache_in(tmp_path, "1" * 32), wanted) == 0


pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1)


@given(pairs, pairs)
def test_places_as_in_a_dictionary(tmp_path_factory: pytest.TempPathFactory, a, b) -> None:  # type: ignore[no-untyped-def]
    held, wanted = np.array(a, np.uint64), np.array(b, np.uint64)
    path = write_segment(
        tmp_path_factory.mktemp("s"), held, vectors_of(held), np.arange(len(held), dtype=np.int32)
    )
    segment = open_segment(path)
    numbers, places = places_in(segment, wanted, np.lexsort((wanted[:, 1], wanted[:, 0])))
    assert sorted(numbers.tolist()) == [n for n, key in enumerate(b) if key in a]
    firsts = [a.index(b[n]) for n in numbers]
    assert segment.windows[places].tolist() == firsts


def test_what_is_no_number_is_not_kept(tmp_path: Path) -> None:
    cache, keys = cache_in(tmp_path), keys_of(range(4))
    vectors = vectors_of(keys).astype(np.float32)
    vectors[1, 2], vectors[3] = np.nan, np.inf
    cache.add(keys, vectors, np.ones(4, np.int32))
    assert cache.find(keys).is_found.tolist() == [True, False, True, False]
    cache.add(keys[1:2], vectors[1:2], np.zeros(1, np.int32))
    assert len(segments_in(cache.folder)) == 1


def test_no_cache_at_all(tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "none", PRINT, 4, max_bytes=0)
    add(cache, range(3))
    assert check(cache, range(3)) == 0
    assert not (tmp_path / "none").exists()


def test_vectors_of_another_dimension(tmp_path: Path) -> None:
    other = cache_in(tmp_path, dimension=8)
    add(cache_in(tmp_path), range(3))
    with pytest.raises(RunError, match="have 4 numbers"):
        other.find(keys_of(range(3)))
    with pytest.raises(RunError, match=rf"have 4 numbers.*8: .*Delete the folder .*{PRINT}"):
        cache_in(tmp_path, dimension=8)


def test_damaged_segments_are_removed_and_named(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    add(cache, range(40))
    whole = segments_in(cache.folder)[0][0]
    content = whole.read_bytes()
    for number, cut in enumerate([0, 1, 7, 8, 300, len(content) // 2, len(content) - 1]):
        (cache.folder / f"{number:032x}.arrow").write_bytes(content[:cut])
    (cache.folder / f"{98:032x}.arrow").write_bytes(b"ARROW1" * 100)
    foreign = pa.record_batch({"high": pa.array([1], pa.uint64())})
    write_table(cache.folder / f"{99:032x}.arrow", [foreign], foreign.schema)
    (cache.folder / "notes.arrow").write_text("mine")
    found = cache.find(keys_of(range(50)))
    assert found.is_found.sum() == 40
    assert len(found.damaged) == 9
    assert {path.name for path in cache.folder.iterdir()} == {whole.name, "notes.arrow"}
    assert cache.find(keys_of(range(50))).damaged == ()


def test_a_segment_cut_anywhere_is_damaged(tmp_path: Path) -> None:
    keys = keys_of(range(3))
    path = write_segment(tmp_path, keys, vectors_of(keys), np.ones(3, np.int32))
    content = path.read_bytes()
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        with pytest.raises(DamagedSegment):
            open_segment(path)


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    caches = [cache_in(tmp_path, str(n) * 32) for n in range(4)]
    for number, cache in enumerate(caches):
        add(cache, range(50))
        for path, _ in segments_in(cache.folder):
            os.utime(path, (number, number))
    sizes = [stat.st_size for cache in caches for _, stat in segments_in(cache.folder)]
    check(caches[0], range(5))  # used: now it is the youngest
    assert trim(tmp_path, sum(sizes)) == 0
    assert trim(tmp_path, sum(sizes) - 1) == sizes[1]
    assert trim(tmp_path, sizes[0]) == sizes[2] + sizes[3]
    assert [check(cache, range(50)) for cache in caches] == [50, 0, 0, 0]
    assert trim(tmp_path / "nowhere", 0) == 0


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    one = cache_in(tmp_path / "one")
    add(one, range(50))
    size = segments_in(one.folder)[0][1].st_size
    cache = open_cache(tmp_path / "all", PRINT, 4, max_bytes=3 * size)
    gone = []
    for start in range(0, 500, 50):
        keys = keys_of(range(start, start + 50))
        gone.append(cache.add(keys, vectors_of(keys), np.ones(50, np.int32)))
    assert gone == [0] * 3 + [size] * 7
    assert len(segments_in(cache.folder)) == 3


def test_a_reader_goes_on_when_its_segment_is_gone(tmp_path: Path) -> None:
    cache, keys = cache_in(tmp_path), keys_of(range(90))
    add(cache, range(90))
    located = cache.locate(keys)
    trim(tmp_path, 0)
    assert segments_in(cache.folder) == []
    assert np.array_equal(located.take(np.arange(90))[0], vectors_of(keys))
    assert check(cache, range(90)) == 0


def test_what_a_killed_run_was_writing_goes_after_an_hour(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    old, young = (cache.folder / f".{n:032x}.arrow.tmp-{n}" for n in (1, 2))
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    trim(tmp_path, 1 << 30)
    assert (old.exists(), young.exists()) == (False, True)


def test_many_small_segments_are_merged(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    for start in range(23):
        add(cache, [0, *range(start * 10 + 1, start * 10 + 11)])
    for path, _ in segments_in(cache.folder):
        os.utime(path, (5, 5))
    with FileLock(cache.folder / ".merging.lock"):
        add(cache, [0, *range(231, 241)])
        assert len(segments_in(cache.folder)) == 24
    merge(cache.folder)
    left = segments_in(cache.folder)
    assert len(left) == 9
    assert min(stat.st_mtime for _, stat in left) == 5.0
    assert sum(len(open_segment(path).high) for path, _ in left) == 24 * 11 - 15
    assert check(cache, range(250)) == 241


def test_merging_ends_at_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = cache_in(tmp_path)
    for start in range(23):
        add(cache, range(start * 40, start * 40 + 40))
    size = segments_in(cache.folder)[0][1].st_size
    monkeypatch.setattr(embedding_upkeep, "SMALL_BYTES", size + 1)
    add(cache, range(1000, 1040))
    assert len(segments_in(cache.folder)) == 23  # two of them became one, which is not small
    assert check(cache, range(1000)) == 920


def at_work(root: Path, seed: int, rounds: int) -> None:
    """One of several runs: adds, reads, merges and trims."""
    chance = random.Random(seed)
    for _ in range(rounds):
        cache = cache_in(root, str(chance.randrange(2)) * 32)
        start = chance.randrange(300)
        add(cache, range(start, start + 20))
        check(cache, range(start - 40, start + 40))
        if chance.random() < 0.1:
            trim(root, 20_000)


def test_several_runs_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    runs = [context.Process(target=at_work, args=(tmp_path, seed, 60)) for seed in range(3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(100)
    assert [run.exitcode for run in runs] == [0, 0, 0]
    for number in range(2):
        cache = cache_in(tmp_path, str(number) * 32)
        assert check(cache, range(320)) > 0
        assert len(segments_in(cache.folder)) < 30
        assert not list(cache.folder.glob(".*.tmp-*"))


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PREFDATA_CACHE", raising=False)
    assert cache_folder() == tmp_path / ".cache/prefdata"
    monkeypatch.setenv("PREFDATA_CACHE", "/there")
    assert cache_folder() == Path("/there")
    assert cache_folder("~/here") == tmp_path / "here"


def test_a_place_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot be kept in .*encoder\.cache_bytes: 0"):
        cache_in(tmp_path / "file")
