"""Detecting the format of a file from its content, or from its name if the content is unclear."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

from prefdata.config.section import KIB
from prefdata.errors import SourceError
from prefdata.io.bytes.source import Compression, Container
from prefdata.io.bytes.streams import HEAD_BYTES, BrokenStreamError, decompress
from prefdata.io.sources.sniff_text import TextKind, header_delimiter, text_kind

_SUSPECT_BYTES = 64 * KIB

_ZIP = b"PK\x03\x04"
_FORMATS: dict[bytes, str] = {
    _ZIP: "ZIP",
    b"7z\xbc\xaf'\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x28\xb5\x2f\xfc": "an old zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xff\x06\x00\x00sNaPpY": "snappy",
    b"LZIP": "lzip",
    b"\xd0\xcf\x11\xe0": "Excel 97",
    b"SQLite format 3\x00": "SQLite",
    b"\x89HDF\r\n": "HDF5",
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
    b"\x93NUMPY": "NumPy",
    b"\x80\x04\x95": "pickle",
    b"%PDF-": "PDF",
}
"""Formats that are known by their first bytes and are not read."""

_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")
"""How the first block of a bzip2 stream begins, or the end of one without content."""

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xef\xbb\xbf", "utf-8"),
)

_FREQUENT_CHINESE = frozenset("的一是不了在有人我他这你们来上大为和，。、？！：的一是不了這們來為")
_CJK_RANGES = ((0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF))


class Sniffed(NamedTuple):
    """The format of a file. `certain`: determined by its content, not by its name."""

    container: Container
    compression: Compression
    encoding: str
    delimiter: str
    certain: bool = True


def sniff(path: Path) -> Sniffed:
    """Detects container, compression, encoding and delimiter of a file from its first MiB
    (decompressed).

    Raises SourceError for formats that cannot be read, such as ZIP archives.
    """
    compression = _compression(path)
    sample, is_whole = _sample(path, compression)
    if compression == "none" and sample.startswith(_ZIP) and _is_workbook(path):
        return Sniffed("xlsx", compression, "utf-8", ",")
    _refuse_other(path, sample)
    binary = _binary_container(sample)
    if binary is not None:
        return Sniffed(binary, compression, "utf-8", ",")
    named = _named_container(path)
    _refuse_empty(path, sample, named)
    if named == "xlsx":
        raise SourceError(f"{path} is named like an Excel workbook, and is none")
    if named in ("parquet", "arrow-file") and sample:
        return Sniffed(named, compression, "utf-8", ",", certain=False)
    encoding = _encoding(sample)
    text = sample.decode(encoding, "replace").removeprefix("\ufeff")
    kind = text_kind(text, is_whole=is_whole)
    if kind is None or (named is not None and not kind.certain):
        kind = _by_name(path, sample, named, text)
    return Sniffed(kind.container, compression, encoding, kind.delimiter, kind.certain)


def _compression(path: Path) -> Compression:
    with path.open("rb") as file:
        beginning = file.read(10)
    magic = beginning[:4]
    if magic[:2] == b"\x1f\x8b":
        return "gzip"
    if beginning.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if magic[:3] == b"BZh" and beginning[4:] in _BZIP2_BLOCKS:
        return "bzip2"
    is_skippable = magic[1:] == b"\x2a\x4d\x18" and 0x50 <= magic[0] <= 0x5F
    return "zstd" if magic == b"\x28\xb5\x2f\xfd" or is_skippable else "none"


def _sample(path: Path, compression: Compression) -> tuple[bytes, bool]:
    """The beginning of the content, and whether that is the whole content."""
    if compression == "none":
        with path.open("rb") as file:
            content = file.read(HEAD_BYTES + 1)
        return content[:HEAD_BYTES], len(content) <= HEAD_BYTES
    sample = io.BytesIO()
    try:
        for chunk in decompress(path, compression):
            sample.write(chunk)
            if sample.tell() > HEAD_BYTES:
                return sample.getvalue()[:HEAD_BYTES], False
    except BrokenStreamError:
        return sample.getvalue(), False
    return sample.getvalue(), True


def other_format(path: Path) -> str | None:
    """The format of a file if it is a known one that cannot be read, such as ZIP; else None."""
    return _other_format(_sample(path, _compression(path))[0])


def _other_format(sample: bytes) -> str | None:
    if sample[257:262] == b"ustar":
        return "tar"
    return next((name for magic, name in _FORMATS.items() if sample.startswith(magic)), None)


def _refuse_other(path: Path, sample: bytes) -> None:
    if sample.startswith(_LFS_POINTER):
        raise SourceError(
            f"{path} is a pointer of Git LFS to a file that was not fetched, not the file itself: "
            "run `git lfs pull` in its repository, or fetch the file from where it is hosted"
        )
    name = _other_format(sample)
    if name is not None:
        raise SourceError(
            f"{path} is in the format {name}; prefdata reads JSON, CSV, Parquet and Arrow files, "
            "plain or compressed with gzip, zstd, bzip2 or xz: unpack it first, or export it as "
            "one of these"
        )


def _refuse_empty(path: Path, sample: bytes, named: Container | None) -> None:
    """Text may be empty, and then has no rows; in these formats even no rows take some bytes."""
    is_packed = path.suffix.lower() in COMPRESSED_SUFFIXES and not path.stat().st_size
    if is_packed or (not sample and named in ("parquet", "arrow-file", "xlsx")):
        raise SourceError(
            f"{path} is empty, which no {'compressed' if is_packed else named} file is, not even "
            "one without rows: it was not written to the end. Fetch or write it again, or remove it"
        )


def _binary_container(sample: bytes) -> Container | None:
    if sample.startswith(b"PAR1"):
        return "parquet"
    if sample.startswith(b"ARROW1"):
        return "arrow-file"
    return "arrow-stream" if sample.startswith(b"\xff\xff\xff\xff") else None


def _named_container(path: Path) -> Container | None:
    """The container by the suffix of a file name.

    >>> _named_container(Path("a/train.tsv.gz"))
    'csv'
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in COMPRESSED_SUFFIXES:
        suffixes.pop()
    return DATA_SUFFIXES.get(suffixes[-1]) if suffixes else None


COMPRESSED_SUFFIXES = frozenset({".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz"})
DATA_SUFFIXES: dict[str, Container] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonlines": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow-file",
    ".feather": "arrow-file",
    ".ipc": "arrow-file",
}


_UNFINISHED = frozenset(
    {".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".incomplete", ".filepart"}
    | {".aria2", ".opdownload", ".unfinished", ".swp"}
)
"""Suffixes of files that are still being written, or were left behind half-written."""


def is_unfinished(path: Path) -> bool:
    """Whether a file is half-written by its name, such as `a.jsonl.part`."""
    return path.suffix.lower() in _UNFINISHED


def has_data_suffix(path: Path) -> bool:
    """Whether the name of a file has a suffix of a data format."""
    return _named_container(path) is not None


def _by_name(path: Path, sample: bytes, named: Container | None, text: str) -> TextKind:
    if named is None and b"\x00" in sample[: 4 * KIB]:
        raise SourceError(
            f"{path} is a binary file of a kind that prefdata does not read; it reads JSON, CSV, "
            "Parquet and Arrow files"
        )
    tab = ".tsv" in {suffix.lower() for suffix in path.suffixes}
    delimiter = "\t" if tab else header_delimiter(text)
    return TextKind(named or "jsonl", delimiter, certain=False)


def _encoding(sample: bytes) -> str:
    for bom, encoding in _BOMS:
        if sample.startswith(bom):
            return encoding
    wide = _wide_encoding(sample[: 64 * KIB])
    if wide is not None:
        return wide
    suspect = _not_utf8(sample)
    return "gb18030" if suspect and _is_chinese(suspect) else "utf-8"


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 and UTF-32 without a BOM, by the positions of the NULs of ASCII characters."""
    if len(sample) < 4 or 0 not in sample[:4]:
        return None
    lanes = [sample[lane::4].count(0) for lane in range(4)]
    quarter = len(sample) // 4
    if min(lanes[2:]) > 0.9 * quarter > 2 * lanes[0]:
        return "utf-32-le"
    if min(lanes[:2]) > 0.9 * quarter > 2 * lanes[3]:
        return "utf-32-be"
    even, odd = lanes[0] + lanes[2], lanes[1] + lanes[3]
    if odd > 5 * even and sample[1] == sample[3] == 0:
        return "utf-16-le"
    return "utf-16-be" if even > 5 * odd and sample[0] == sample[2] == 0 else None


def _not_utf8(sample: bytes) -> bytes:
    """The lines from the first that is not UTF-8; empty if all are (the last may be cut)."""
    try:
        sample.decode()
    except UnicodeDecodeError as error:
        if error.start > len(sample) - 4 and error.reason == "unexpected end of data":
            return b""
        start = sample.rfind(b"\n", 0, error.start) + 1
        return sample[start : start + _SUSPECT_BYTES]
    return b""


def _is_chinese(sample: bytes) -> bool:
    """Whether this is Chinese text in GB18030, and not damaged UTF-8 or Latin-1.

    A few frequent characters make up a large part of any Chinese text, but not of other text that
    happens to decode as GB18030 (Latin-1, Korean, Japanese).
    """
    as_utf8 = sample.decode("utf-8", "replace")
    if sum(map(_is_cjk, as_utf8)) > as_utf8.count("\ufffd"):
        return False
    for cut in range(4):  # the last character may be cut
        try:
            text = sample[: len(sample) - cut].decode("gb18030")
        except UnicodeDecodeError:
            continue
        wide = [character for character in text if character > "\x7f"]
        cjk = sum(map(_is_cjk, wide))
        frequent = sum(character in _FREQUENT_CHINESE for character in wide)
        return cjk > 0.9 * len(wide) and frequent > 0.03 * len(wide)
    return False


def _is_cjk(character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in _CJK_RANGES)


def _is_workbook(path: Path) -> bool:
    from prefdata.io.containers.xlsx import is_workbook

    return is_workbook(path)
