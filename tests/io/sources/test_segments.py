from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import SMALL, read, source_of

from prefdata.config.model import ReadConfig
from prefdata.io.bytes.source import Segment, Source
from prefdata.io.sources.segments import segments


def parts_of(path: Path, segment_bytes: int) -> list[Segment]:
    config = ReadConfig.model_construct(
        **{**ReadConfig().model_dump(), "segment_bytes": segment_bytes}
    )
    source = Source("a", path, "jsonl", "none", "utf-8", path.stat().st_size, 0)
    return segments(source, config)


@given(st.lists(st.binary(max_size=40), max_size=40).map(b"\n".join), st.integers(1, 200))
def test_lines_are_cut_between_lines_and_covered_once(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, size: int
) -> None:
    path = tmp_path_factory.mktemp("lines") / "a"
    path.write_bytes(content)
    parts = parts_of(path, size)
    borders = [0, *(part.start for part in parts[1:]), len(content)]
    assert [part.stop for part in parts] == [*borders[1:-1], None]
    assert borders == sorted(set(borders)) or not content
    assert all(content[border - 1] == ord("\n") for border in borders[1:-1])


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_rows_are_the_same_for_any_size_of_segment(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    rows = [b'{"a": %d, "b": "%s"}' % (n, b"x" * (n * 7919 % 3000)) for n in range(700)]
    path.write_bytes(b"\n".join(rows) if name == "a.jsonl" else b"[%s]" % b",\n".join(rows))
    for size in (64 * 1024, 100_000, 1 << 30):
        config = SMALL.model_copy(update={"segment_bytes": size})
        assert [row.raw for row in read(path, config)] == rows
        assert (len(segments(source_of(path), config)) > 5) == (size < 1 << 20)


def test_what_cannot_be_entered_in_the_middle_is_one_segment(tmp_path: Path) -> None:
    content = b'{"a": "1", "b": "2"}\n' * 20_000
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(content))
    (tmp_path / "b.jsonl").write_bytes(content.decode().encode("utf-16"))
    (tmp_path / "c.csv").write_bytes(b"a,b\n" + b"1,2\n" * 20_000)
    for name in ("a.jsonl.gz", "b.jsonl", "c.csv"):
        assert len(segments(source_of(tmp_path / name), SMALL)) == 1
        assert len(read(tmp_path / name)) == 20_000
