from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from reading import read_bytes, values

from prefdata.errors import SourceError
from prefdata.io.sources.sniff import sniff

ROW = '{"prompt": "你好，这是一个问题。", "chosen": "是的，我们在这里。", "rejected": "不"}'
PRETTY = json.dumps([json.loads(ROW)] * 3, indent=2, ensure_ascii=False)


def sniffed(folder: Path, content: bytes, name: str = "a.txt") -> tuple[str, ...]:
    (folder / name).write_bytes(content)
    return sniff(folder / name)[:4]


@pytest.mark.parametrize(
    ("text", "container"),
    [
        (f"{ROW}\n{ROW}\n", "jsonl"),
        (ROW, "jsonl"),
        (f"{ROW},\n{ROW},\n", "jsonl"),
        (f"\n\n{ROW}\r\n", "jsonl"),
        (f"{ROW}\r{ROW}\r", "jsonl"),
        ('{"a": tru\n' + f"{ROW}\n" * 3, "jsonl"),
        (f"[1, 2]\n{ROW}\n{ROW}\n", "jsonl"),
        (f"42\n{ROW}\n{ROW}\n", "jsonl"),
        (json.dumps(ROW) + "\n" + json.dumps(ROW), "jsonl"),
        ('{"a": NaN}\n{"a": 1}', "jsonl"),
        ('{"a": %s}' % ("[" * 5000 + "]" * 5000), "jsonl"),
        ("", "jsonl"),
        (" \n\t", "jsonl"),
        (f"[{ROW},{ROW}]", "json"),
        (f" \n [{ROW}]", "json"),
        (f"[\n{ROW},\n{ROW}\n]", "json"),
        ("[]", "json"),
        (PRETTY, "json"),
        (PRETTY[1:-1].replace("},", "}"), "json"),
        (ROW + ROW, "json"),
        (f'{{"version": 1, "data": [{ROW}]}}', "json"),
        (f'{{"info": {{"a": "b"}}, "train": [{ROW}], "test": []}}', "json"),
        ('{"prompt": "x", "completions": [{"text": "y"}]}', "jsonl"),
        ("prompt,chosen,rejected\na,b,c\nd,e,f\n", "csv"),
        ('"prompt","chosen"\n"a ""x""\n,y","b"\n', "csv"),
    ],
)
def test_text_containers(tmp_path: Path, text: str, container: str) -> None:
    for pack in (bytes, gzip.compress, zstandard.compress):
        assert sniffed(tmp_path, pack(text.encode()))[0] == container
        assert sniffed(tmp_path, pack(b"\xef\xbb\xbf" + text.encode()))[0] == container


def test_a_sample_need_not_hold_a_whole_row(tmp_path: Path) -> None:
    long = json.dumps({"a": "x" * 3_000_000})
    assert sniffed(tmp_path, f"{long}\n{long}".encode())[0] == "jsonl"
    assert sniffed(tmp_path, f"[{long}, {long}]".encode())[0] == "json"
    assert sniffed(tmp_path, f'{{"data": [{long}]}}'.encode())[0] == "json"


@pytest.mark.parametrize(
    ("text", "delimiter"), [("a;b\n1,5;2\n", ";"), ("a\tb\n1\t2,3\n", "\t"), ("a|b\n1|2\n", "|")]
)
def test_delimiters(tmp_path: Path, text: str, delimiter: str) -> None:
    assert sniffed(tmp_path, text.encode()) == ("csv", "none", "utf-8", delimiter)


def test_the_name_decides_where_the_content_does_not(tmp_path: Path) -> None:
    assert sniffed(tmp_path, b"prompt\nhello\n", "a.csv")[0] == "csv"
    assert sniffed(tmp_path, b"prompt\n", "a.tsv") == ("csv", "none", "utf-8", "\t")
    assert sniffed(tmp_path, b"garbage, text", "a.jsonl")[0] == "jsonl"
    assert sniffed(tmp_path, b"XAR1\x00\x00", "a.parquet")[0] == "parquet"
    row = json.dumps({"prompt": "a", "label": 1}).encode()
    spoiled = b'ponse": "a", "label": 1}\n{"prompt: "a", "label": 1}\n' + row + b"\n"
    assert sniffed(tmp_path, spoiled, "a.jsonl")[0] == "jsonl"


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.parquet", "a"])
def test_the_content_goes_before_the_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    table = pa.table({"a": ["x"]})
    for content, container in (
        (f"{ROW}\n{ROW}".encode(), "jsonl"),
        (f"[{ROW}]".encode(), "json"),
        (b"a,b\n1,2\n3,4\n", "csv"),
    ):
        if name != "a.parquet":
            assert sniffed(tmp_path, content, name)[0] == container
    pq.write_table(table, path)
    assert sniff(path).container == "parquet"
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)
    assert sniff(path).container == "arrow-file"
    with pa.ipc.new_stream(path, table.schema) as stream:
        stream.write_table(table)
    assert sniff(path).container == "arrow-stream"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_wide_encodings(tmp_path: Path, encoding: str, bom: str) -> None:
    for text in (f"{ROW}\n{ROW}\n", PRETTY, "a,b\n你,好\n"):
        assert sniffed(tmp_path, (bom + text).encode(encoding))[2] == encoding


def test_gb18030_is_told_from_utf8_with_bad_bytes(tmp_path: Path) -> None:
    chinese = f"{ROW}\n" * 200
    assert sniffed(tmp_path, chinese.encode("gb18030"))[2] == "gb18030"
    assert sniffed(tmp_path, (chinese * 200).encode("gb18030"))[2] == "gb18030"
    assert sniffed(tmp_path, ('{"a": "x"}\n' * 50 + chinese).encode("gb18030"))[2] == "gb18030"
    for bad in (b"\xff", b"\xb0\xa1", b"\x81"):
        assert sniffed(tmp_path, chinese.encode() + bad + chinese.encode())[2] == "utf-8"
        assert sniffed(tmp_path, b'{"a": "x%sy"}\n' % bad * 2)[2] == "utf-8"
    assert sniffed(tmp_path, ('{"a": "résumé à côté"}\n' * 50).encode("latin-1"))[2] == "utf-8"
    assert sniffed(tmp_path, ('{"a": "안녕하세요 세계"}\n' * 50).encode("euc-kr"))[2] == "utf-8"


def test_a_cut_character_at_the_end_of_the_sample_is_no_fault(tmp_path: Path) -> None:
    for shift in range(3):
        content = b'{"a": "' + b"x" * shift + "好".encode() * 400_000 + b'"}'
        assert sniffed(tmp_path, content)[2] == "utf-8"


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"7z\xbc\xaf'\x1c", b"LZIP"])
def test_archives_are_refused_with_what_to_do(tmp_path: Path, magic: bytes) -> None:
    with pytest.raises(SourceError, match="unpack it first"):
        sniffed(tmp_path, magic + bytes(50), "a.jsonl")


def test_other_binary_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="binary file"):
        sniffed(tmp_path, b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)))


def test_broken_packing_is_still_told(tmp_path: Path) -> None:
    packed = gzip.compress(f"{ROW}\n".encode() * 1000)
    assert sniffed(tmp_path, packed[:-20])[:2] == ("jsonl", "gzip")
    assert sniffed(tmp_path, packed[:15], "a.csv.gz")[:2] == ("csv", "gzip")


def test_a_pointer_of_git_lfs_is_named_as_such(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 1234\n"
    for name in ("a.jsonl", "a.parquet", "a.csv", "a.jsonl.gz"):
        with pytest.raises(SourceError, match=r"pointer of Git LFS.*`git lfs pull`"):
            sniffed(tmp_path, pointer, name)


@pytest.mark.parametrize("delimiter", list(",;|\t"))
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_first_line_may_state_the_delimiter(tmp_path: Path, delimiter: str, mark: str) -> None:
    lines = [f"{mark}sep={delimiter}", delimiter.join(["a", "b"]), delimiter.join(["x,;", "y"])]
    lines[2] = lines[2].replace("x,;", "x.")
    content = "\r\n".join(lines).encode()
    assert sniffed(tmp_path, content, "a.csv")[3] == delimiter
    rows = read_bytes(tmp_path, content, "b.csv")
    assert values(rows) == [{"a": "x.", "b": "y"}]
    assert rows[0].source_row == 3
