"""Files made to cost without bound: what each costs as a whole process, and what is said of it.

Every file is small or simple to make, and is made here. A case that is not refused is cut off by
`--seconds`, or by `--memory-mb`, which no process of a command may exceed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from running import ran, scratch_in

MB = 10**6
MIB = 1 << 20
PAIR = {"prompt": "Why is it so?", "chosen": "It is so because.", "rejected": "No idea."}
LINE = json.dumps(PAIR) + "\n"

PARTS = {"version": "1.0", "added_tokens": []} | dict.fromkeys(
    ("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder")
)
"""What a tokenizer.json has to name besides its model."""

Make = Callable[[Path], list[str]]
"""Writes files into a folder; returns the arguments of the command."""


def zstd_blocks(blocks: int) -> bytes:
    """A frame whose blocks repeat one byte: four bytes for 128 KiB each."""
    block = struct.pack("<I", (128 * 1024) << 3 | 1 << 1)[:3] + b"\n"
    last = bytes([block[0] | 1]) + block[1:]
    return b"\x28\xb5\x2f\xfd\x00\x50" + block * (blocks - 1) + last


def source(name: str, content: bytes) -> Make:
    """`inspect` and the like of one file."""

    def make(folder: Path) -> list[str]:
        (folder / name).write_bytes(content)
        return ["validate", str(folder / name)]

    return make


def pairs(text: str) -> Make:
    """A build of two pairs that hold a text in all of their parts."""

    def make(folder: Path) -> list[str]:
        rows = [
            {"prompt": text, "chosen": text + end, "rejected": end + text} for end in ("yes", "no")
        ]
        path = folder / "pairs.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return ["build", str(path), "--out", str(folder / "out")]

    return make


def config(text: str) -> Make:
    """A build with a config."""

    def make(folder: Path) -> list[str]:
        (folder / "pairs.jsonl").write_text(LINE)
        (folder / "config.yaml").write_text(text)
        command = ["build", str(folder / "pairs.jsonl"), "--config", str(folder / "config.yaml")]
        return [*command, "--out", str(folder / "out")]

    return make


def template(text: str) -> Make:
    """The preflight with a tokenizer whose chat template is this."""

    def make(folder: Path) -> list[str]:
        (folder / "pairs.jsonl").write_text(LINE)
        model = {"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"}
        settings = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": text}
        for name, values in {
            "tokenizer.json": {**PARTS, "model": model},
            "tokenizer_config.json": settings,
        }.items():
            (folder / name).write_text(json.dumps(values))
        return ["validate", str(folder / "pairs.jsonl"), "--tokenizer", str(folder)]

    return make


def equal_strings(folder: Path) -> list[str]:
    """Parquet: a few KB for a hundred million strings of a kilobyte each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = 10 * MB
    column = pa.DictionaryArray.from_arrays(
        pa.repeat(pa.scalar(0, pa.int32()), count), ["x" * 1000]
    )
    table = pa.table(dict.fromkeys(PAIR, column))
    with pq.ParquetWriter(folder / "equal.parquet", table.schema, compression="zstd") as writer:
        for _ in range(10):
            writer.write_table(table, row_group_size=count)
    return ["validate", str(folder / "equal.parquet")]


def large_pages(folder: Path) -> list[str]:
    """Parquet: one page that decompresses to a gigabyte."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: pa.array(["x" * (512 * MIB), text]) for name, text in PAIR.items()}
    pq.write_table(
        pa.table(columns), folder / "pages.parquet", compression="zstd", use_dictionary=False
    )
    return ["validate", str(folder / "pages.parquet")]


def compressed_buffers(folder: Path) -> list[str]:
    """Arrow: compressed buffers of three gigabytes."""
    import pyarrow as pa

    columns = [pa.array(["x" * 1000] * MB) for _ in PAIR]
    batch = pa.RecordBatch.from_arrays(columns, names=list(PAIR))
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(folder / "buffers.arrow", batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return ["validate", str(folder / "buffers.arrow")]


def many_columns(folder: Path) -> list[str]:
    """Parquet with a hundred thousand columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: [text] for name, text in PAIR.items()}
    columns |= {f"c{number}": ["x"] for number in range(100_000)}
    pq.write_table(pa.table(columns), folder / "columns.parquet")
    return ["validate", str(folder / "columns.parquet")]


def csv_columns(count: int) -> bytes:
    """A header of a million columns, and a row."""
    names = ",".join(["prompt", "chosen", "rejected", *(f"c{number}" for number in range(count))])
    row = ",".join(["Why?", "Because.", "No idea.", *["x"] * count])
    return f"{names}\n{row}\n".encode()


def json_keys(count: int) -> bytes:
    """A row with a million keys, after an ordinary one."""
    row = PAIR | {f"c{number}": number for number in range(count)}
    return (LINE + json.dumps(row) + "\n").encode()


def with_prefix(word: str) -> str:
    """A template that is endless for one row only."""
    return "{% if '" + word + "' in messages[0].content %}{{ 10 ** (10 ** 8) }}{% endif %}"


NESTED_ALIASES = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

CASES: dict[str, Make] = {
    "zstd, one frame, 96 KB for 3 GB": source("bomb.jsonl.zst", zstd_blocks(24_000)),
    "zstd, 24,000 frames": source("frames.jsonl.zst", zstd_blocks(1) * 24_000),
    "zstd, window of 2 GiB": source(
        "window.jsonl.zst", b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + zstd_blocks(1)[6:]
    ),
    "gzip, 1 MB for 1 GB": source("bomb.jsonl.gz", gzip.compress(b"\n" * MIB, 9) * 1000),
    "gzip of a gigabyte on one line": source("line.jsonl.gz", gzip.compress(b" " * MIB, 9) * 1000),
    "Parquet, 100 million equal strings": equal_strings,
    "Parquet, pages of 512 MiB": large_pages,
    "Arrow, buffers of 3 GB": compressed_buffers,
    "Parquet, 100,000 columns": many_columns,
    "CSV, 1,000,000 columns": source("columns.csv", csv_columns(MB)),
    "JSON Lines, a row of 1,000,000 keys": source("keys.jsonl", json_keys(MB)),
    "JSON nested a million times": source("nested.json", b"[" * MB),
    "JSON Lines nested a million times": source("nested.jsonl", LINE.encode() + b'{"a":' * MB),
    "400,000 combining marks": pairs("a" + "\u0301\u0323" * 200_000),
    "400,000 line ends": pairs("\n" * 400_000),
    "400,000 letters without a space": pairs("a" * 400_000),
    "400,000 joiners of emoji": pairs("👩\u200d" * 200_000),
    "400,000 of '1. '": pairs("\n1. " * 100_000),
    "YAML aliases, nine levels": config(NESTED_ALIASES + "sources: *i\n"),
    "YAML aliases, seven levels": config(NESTED_ALIASES + "sources: *g\n"),
    "YAML, a key twice": config("title: a\ntitle: b\n"),
    "YAML nested 100,000 times": config("title: " + "[" * 100_000),
    "template, a large power": template("{{ 10 ** 100000000 }}"),
    "template, endless for one row": template(with_prefix("Why")),
    "template, nested loops": template(
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    ),
    "template, ten gigabytes": template("{{ 'a' * 10000000000 }}"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="an empty folder for the files")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--memory-mb", type=int, default=12_000)
    options = parser.parse_args()
    print("| | exit | seconds | peak MB | said |\n|---|--:|--:|--:|---|", flush=True)
    for name, make in CASES.items():
        if options.only in name:
            print(_line(name, make, options), flush=True)


def _line(name: str, make: Make, options: argparse.Namespace) -> str:
    with scratch_in(options.work) as (scratch, env):
        folder = scratch / "files"
        folder.mkdir()
        command = [sys.executable, "-m", "prefdata", *make(folder), "--workers", "1"]
        limited = f'ulimit -v {options.memory_mb * 1000}; exec "$@"'
        cost = ran(["bash", "-c", limited, "bash", *command], scratch, env, options.seconds)
    said = cost.stderr.strip().splitlines()
    shown = said[-1].replace(str(options.work), "")[:100].replace("|", "\\|") if said else ""
    ended = "cut off" if cost.exit_code in (124, 137) else str(cost.exit_code)
    return f"| {name} | {ended} | {cost.seconds:.1f} | {cost.memory / MB:,.0f} | {shown} |"


if __name__ == "__main__":
    main()
