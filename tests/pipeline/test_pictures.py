from __future__ import annotations

import base64
import json
import os
import struct
import zlib
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from prefdata.io.files.ledger import scan_ledger
from prefdata.pipeline.build import build
from prefdata.pipeline.convert import convert
from prefdata.pipeline.push import push
from prefdata.pipeline.verify import verify
from prefdata.results.manifest import Manifest
from tests.pipeline.sound_pairs import pair

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
KEEP_ALL: Mapping[str, Any] = {
    "split": {"test": 0, "validation": 0},
    "labels": {"conflict": "flag"},
}

Write = Callable[..., Path]


def png(red: int, green: int = 0) -> bytes:
    """A PNG of one pixel."""

    def block(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(bytes([0, red, green, 0]))
    blocks = ((b"IHDR", head), (b"IDAT", pixel), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(block(*each) for each in blocks)


RED, GREEN, BOTH = png(255), png(0, 255), png(255, 255)


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes rows of sound pairs with more fields as `in/NAME`; returns its path."""

    def write(name: str, *rows: Mapping[str, Any], first: int = 0) -> Path:
        path = tmp_path / "in" / name
        path.parent.mkdir(exist_ok=True)
        pairs = [pair(number, **more) for number, more in enumerate(rows, first)]
        path.write_text("".join(json.dumps(each) + "\n" for each in pairs))
        return path

    return write


def images_of(out: Path) -> list[list[tuple[bytes | None, str | None]]]:
    """(bytes, path) of the pictures of every kept row, in source order."""
    tables = []
    for file in sorted((out / "data").rglob("*.arrow")):
        with pa.memory_map(str(file)) as source:
            tables.append(pa.ipc.open_stream(source).read_all())
    rows = pa.concat_tables(tables).sort_by([("source", "ascending"), ("source_row", "ascending")])
    return [
        [(image["bytes"], image["path"]) for image in row] for row in rows["images"].to_pylist()
    ]


def built(source: Path, out: Path, **config: Any) -> Manifest:
    return build([source], out=out, config={**KEEP_ALL, **config})


def test_pictures_beside_the_source_go_to_the_shards(write: Write, tmp_path: Path) -> None:
    folder = write(
        "a.jsonl", {"image": "pix/red.png"}, {"images": ["pix/g.png", "pix/red.png"]}, {}
    )
    (folder.parent / "pix").mkdir()
    (folder.parent / "pix/red.png").write_bytes(RED)
    (folder.parent / "pix/g.png").write_bytes(GREEN)
    counts = built(folder, tmp_path / "out").counts
    assert (counts.kept, counts.flagged) == (3, {"unseen-media": 2})
    assert images_of(tmp_path / "out") == [
        [(RED, "pix/red.png")],
        [(GREEN, "pix/g.png"), (RED, "pix/red.png")],
        [],
    ]
    assert verify(tmp_path / "out").problems == ()


def test_datasets_opens_them(write: Write, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    pytest.importorskip("PIL")
    built(write("a.jsonl", {"image": f"data:image/png;base64,{text(RED)}"}), tmp_path / "out")
    (shard,) = (tmp_path / "out/data/train").glob("*.arrow")
    one = datasets.Dataset.from_file(str(shard))
    assert one.features["images"] == datasets.List(datasets.Image())
    assert one[0]["images"][0].getpixel((0, 0)) == (255, 0, 0)
    whole = datasets.load_from_disk(str(tmp_path / "out/data"))["train"]
    assert whole.features == one.features
    assert whole[0]["images"][0].size == (1, 1)


@pytest.mark.parametrize(
    ("value", "image"),
    [
        (f"data:image/png;base64,{text(RED)}", (RED, None)),
        ([f"data:image/png;charset=x;base64,{text(RED)}"], (RED, None)),
        (text(RED), (RED, None)),
        ({"bytes": text(RED), "path": "r.png"}, (RED, "r.png")),
        ({"url": f"data:image/png;base64,{text(RED)}"}, (RED, None)),
        ({"bytes": None, "path": "gone.png"}, (None, "gone.png")),
        ("https://host.example/a.png", (None, "https://host.example/a.png")),
        ("gone.png", (None, "gone.png")),
        ("notes.png", (None, "notes.png")),
        ("../out.png", (None, "../out.png")),
        ("link.png", (None, "link.png")),
        ("pipe.png", (None, "pipe.png")),
        ("a\0b.png", (None, "a\0b.png")),
    ],
)
def test_what_a_row_may_say_of_a_picture(
    value: object, image: tuple[bytes | None, str | None], write: Write, tmp_path: Path
) -> None:
    source = write("a.jsonl", {"image": value})
    (tmp_path / "out.png").write_bytes(RED)
    (source.parent / "notes.png").write_text("a list of things to do, and no picture")
    (source.parent / "link.png").symlink_to(tmp_path / "out.png")
    os.mkfifo(source.parent / "pipe.png")
    counts = built(source, tmp_path / "out").counts
    assert images_of(tmp_path / "out") == [[image]]
    flags = {"unseen-media": 1} | ({} if image[0] else {"missing-media": 1})
    assert counts.flagged == flags


def test_bytes_of_parquet_are_unchanged(tmp_path: Path) -> None:
    content = bytes(range(256)) * 40
    rows = [pair(n, image={"bytes": content, "path": None}) for n in range(3)]
    names = ("prompt", "chosen", "rejected")
    schema = pa.schema([*((name, pa.string()) for name in names), ("image", IMAGE)])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), tmp_path / "a.parquet")
    built(tmp_path / "a.parquet", tmp_path / "out")
    assert images_of(tmp_path / "out") == [[(content, None)]] * 3
    manifest = built(tmp_path / "out/data", tmp_path / "again")
    assert manifest.counts.kept == 3
    assert images_of(tmp_path / "again") == [[(content, None)]] * 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image", "data:image/png;base64,iVBORw0KGgo*"),
        ("image", "data:image/svg+xml,%3Csvg/%3E"),
        ("photo_base64", "?? ??"),
        ("images", [{"bytes": "!", "path": "a.png"}]),
        ("video", "data:video/mp4;base64,*"),
    ],
)
def test_base64_that_does_not_decode_is_dropped_by_name(
    field: str, value: object, write: Write, tmp_path: Path
) -> None:
    manifest = built(write("a.jsonl", {field: value}, {}), tmp_path / "out")
    assert manifest.counts.dropped == {"unreadable-media": 1}
    line = scan_ledger(tmp_path / "out").collect().filter(reason="unreadable-media")
    assert line["evidence"][0].startswith(f'{field}: "')


def test_metadata_never_holds_bytes(write: Write, tmp_path: Path) -> None:
    more = {
        "image": f"data:image/png;base64,{text(RED)}",
        "rejected_images": [f"data:image/png;base64,{text(GREEN)}"],
        "audio": f"data:audio/wav;base64,{text(BOTH)}",
        "video": "clips/a.mp4",
        "note": "stays  as it is",
    }
    built(write("a.jsonl", more), tmp_path / "out")
    (shard,) = (tmp_path / "out/data/train").glob("*.arrow")
    with pa.memory_map(str(shard)) as source:
        (row,) = pa.ipc.open_stream(source).read_all().to_pylist()
    metadata = json.loads(row["metadata"])

    def said(content: bytes) -> dict[str, object]:
        return {"sha256": sha256(content).hexdigest(), "size": len(content)}

    assert metadata == {
        "image": said(RED),
        "rejected_images": [said(GREEN)],
        "audio": said(BOTH),
        "video": "clips/a.mp4",
        "note": "stays  as it is",
    }
    assert [image["bytes"] for image in row["images"]] == [RED]


def test_the_same_picture_is_the_same_prompt_however_it_is_given(
    write: Write, tmp_path: Path
) -> None:
    same = {"prompt": "What is this?", "chosen": "A red dot.", "rejected": "A green dot."}
    uri = f"data:image/png;base64,{text(RED)}"
    rows = [{"image": uri}, {"images": [text(RED)]}, {"image_path": "r.png"}, {"image": "g.png"}]
    source = write("a.jsonl", *(same | row for row in rows))
    (source.parent / "r.png").write_bytes(RED)
    (source.parent / "g.png").write_bytes(GREEN)
    counts = built(source, tmp_path / "out").counts
    assert (counts.kept, counts.dropped) == (2, {"duplicate-pair": 2})


def test_workers_change_no_byte_and_few_bytes_are_in_memory(write: Write, tmp_path: Path) -> None:
    rows = [{"images": [text(png(n % 256, m)) for m in range(n % 4)]} for n in range(3000)]
    source = write("a.jsonl", *rows)
    small = {"read": {"segment_bytes": 1 << 16, "block_bytes": 1 << 14}}
    small |= {"shards": {"max_bytes": 1 << 20}}
    files = [
        build([source], out=tmp_path / f"{workers}", config={**KEEP_ALL, **small}, workers=workers)
        for workers in (1, 2)
    ]
    assert files[0].files == files[1].files
    assert [len(row) for row in images_of(tmp_path / "1")] == [n % 4 for n in range(3000)]
    assert images_of(tmp_path / "2")[7] == [(png(7, m), None) for m in range(3)]


def test_an_update_reads_pictures_beside_the_source_again(write: Write, tmp_path: Path) -> None:
    source = write("a.jsonl", {"image": "r.png"})
    (source.parent / "r.png").write_bytes(RED)
    built(source, tmp_path / "out")
    (source.parent / "r.png").write_bytes(GREEN)
    build([source], out=tmp_path / "out", config=KEEP_ALL, update=True)
    assert images_of(tmp_path / "out") == [[(GREEN, "r.png")]]


def test_a_build_without_pictures_has_no_column_for_them(write: Write, tmp_path: Path) -> None:
    dropped = built(
        write("a.jsonl", {"image": "a.png"}, {}, {}), tmp_path / "out", read={"media": "drop"}
    )
    assert dropped.counts.dropped == {"unseen-media": 1}
    (shard,) = (tmp_path / "out/data/train").glob("*.arrow")
    with pa.memory_map(str(shard)) as source:
        names = pa.ipc.open_stream(source).schema.names
    content = ["prompt", "chosen", "rejected", "metadata"]
    assert names == [*content, "source", "source_row", "fingerprint"]


def test_pictures_are_published_and_named_in_the_card(write: Write, tmp_path: Path) -> None:
    built(write("a.jsonl", {"image": text(RED)}), tmp_path / "out", shards={"to": "parquet"})
    push(tmp_path / "out", str(tmp_path / "there"))
    (shard,) = (tmp_path / "there/data").glob("*.parquet")
    assert pq.read_table(shard)["images"].to_pylist() == [[{"bytes": RED, "path": None}]]
    card = (tmp_path / "there/README.md").read_text()
    assert "- name: images\n    list: image" in card


def test_blocks_that_stand_for_pictures(write: Write, tmp_path: Path) -> None:
    asked = [{"type": "image", "text": None}, {"type": "text", "text": "What is this?"}]
    source = write(
        "a.jsonl",
        {"prompt": [{"role": "user", "content": asked}], "images": [text(RED)]},
        {"prompt": [{"role": "user", "content": asked[:1] * 2 + asked[1:]}]},
    )
    counts = built(source, tmp_path / "out").counts
    assert (counts.kept, counts.flagged["unseen-media"]) == (2, 2)
    assert images_of(tmp_path / "out") == [[(RED, None)], []]


def test_a_conversion_keeps_text_as_it_is(write: Write, tmp_path: Path) -> None:
    uri = f"data:image/png;base64,{text(RED)}"
    convert([write("a.jsonl", {"image": uri})], out=tmp_path / "b.jsonl", to="jsonl")
    assert json.loads((tmp_path / "b.jsonl").read_text())["image"] == uri
