from __future__ import annotations

import io
import json
import os
import threading
from pathlib import Path

import datasets
import fsspec
import pytest
import xxhash

from prefdata.config.model import ReadConfig
from prefdata.errors import MissingExtraError, SourceError
from prefdata.io.bytes.source import Source
from prefdata.io.sources.find import find_sources, fingerprint_of, has_changed
from prefdata.io.sources.read import sample_rows
from prefdata.results.not_read import NotRead

ROW = b'{"prompt": "a", "chosen": "b", "rejected": "c"}\n'
LZIP = b"LZIP" + bytes(60)
CONFIG = ReadConfig()


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def make(*names: str) -> None:
    for number, name in enumerate(names):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(ROW * (number + 1))


def find(*places: str) -> list[Source]:
    return find_sources(places, spool=Path("spool"), config=CONFIG).sources


def names(*places: str) -> list[str]:
    return [source.name for source in find(*places)]


def not_read(*places: str) -> list[NotRead]:
    return find_sources(places, spool=Path("spool"), config=CONFIG).not_read


def kinds(*places: str) -> dict[str, str]:
    return {file.path: file.kind for file in not_read(*places)}


def test_a_file_is_named_as_given_and_known_by_its_bytes(tmp_path: Path) -> None:
    make("a.jsonl")
    for place in ("a.jsonl", "./a.jsonl", str(tmp_path / "a.jsonl")):
        [source] = find(place)
        assert (source.given, source.size) == (place, len(ROW))
        assert source.name == ("a.jsonl" if Path(place).is_absolute() else place)
        assert fingerprint_of(source) == xxhash.xxh3_128_hexdigest(ROW)


def test_places_come_in_the_order_given_and_folders_sorted() -> None:
    make("z.jsonl", "d/b.jsonl", "d/a/x.json", "d/a.csv", "d/.hidden.jsonl", "d/_tmp/a.jsonl")
    make("d/.git/a.jsonl", "d/README.md", "d/noext", "d/c.jsonl.gz")
    Path("d/README.md").write_text("# Data\n\nSome text, and more.\nAnd, more.\n")
    Path("d/empty.txt").touch()
    expected = ["d/a/x.json", "d/a.csv", "d/b.jsonl", "d/c.jsonl.gz", "d/noext"]
    assert names("z.jsonl", "d") == ["z.jsonl", *expected]
    assert names("d/") == expected


def test_globs() -> None:
    make("d/b.jsonl", "d/a.jsonl", "d/e/f/c.jsonl", "d/e/x.csv")
    assert names("d/*.jsonl") == ["d/a.jsonl", "d/b.jsonl"]
    assert names("d/**/*.jsonl") == ["d/a.jsonl", "d/b.jsonl", "d/e/f/c.jsonl"]
    assert names("d/[ab].jsonl") == ["d/a.jsonl", "d/b.jsonl"]
    make("odd[1].jsonl")
    assert names("odd[1].jsonl") == ["odd[1].jsonl"]


def test_empty_files_are_sources() -> None:
    Path("a.jsonl").touch()
    Path("b.jsonl").write_bytes(b" \n\n")
    assert [source.container for source in find("a.jsonl", "b.jsonl")] == ["jsonl"] * 2


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("nothing.jsonl", "does not exist"),
        ("empty", "holds no data files"),
        ("*.nope", "matches nothing"),
        ("memory://nothing-here.jsonl", "does not exist"),
        ("nosuchscheme://x", "cannot be read"),
    ],
)
def test_places_with_nothing_to_read_are_named(place: str, message: str) -> None:
    Path("empty").mkdir()
    with pytest.raises(SourceError, match=message) as caught:
        find(place)
    assert place in str(caught.value)


def test_a_broken_link_is_named() -> None:
    make("d/a.jsonl")
    Path("d/b.jsonl").symlink_to("gone.jsonl")
    with pytest.raises(SourceError, match=r"b\.jsonl"):
        find("d")


def test_links_within_a_folder_are_followed_but_not_in_circles() -> None:
    make("d/real/a.jsonl", "d/b.jsonl")
    Path("d/self").symlink_to(Path("d").absolute())
    Path("d/real/back").symlink_to(Path("d").absolute())
    assert names("d") == ["d/b.jsonl", "d/real/a.jsonl"]


def test_links_out_of_a_folder_are_followed_only_when_asked() -> None:
    make("real/a.jsonl", "secret.jsonl", "d/b.jsonl")
    Path("d/folder").symlink_to(Path("real").absolute())
    Path("d/file.jsonl").symlink_to("../secret.jsonl")
    Path("d/gone.jsonl").symlink_to("../gone.jsonl")
    for place in ("d", "d/", "d/**/*.jsonl", "d/*"):
        found = find_sources([place], spool=Path("spool"), config=CONFIG)
        assert [source.name for source in found.sources] == ["d/b.jsonl"]
        assert {"d/file.jsonl": "link", "d/gone.jsonl": "link"}.items() <= kinds(place).items()
    Path("d/gone.jsonl").unlink()
    asked = find_sources(["d"], spool=Path("spool"), config=ReadConfig(follow_links=True))
    assert [s.name for s in asked.sources] == ["d/b.jsonl", "d/file.jsonl", "d/folder/a.jsonl"]


def test_a_link_that_is_named_is_followed() -> None:
    make("real/a.jsonl")
    Path("folder").symlink_to("real")
    Path("file.jsonl").symlink_to("real/a.jsonl")
    assert names("folder") == ["folder/a.jsonl"]
    assert names("file.jsonl") == ["file.jsonl"]


def test_a_snapshot_of_the_hub_is_read_through_its_links_to_blobs() -> None:
    make("hub/blobs/0a1b", "hub/blobs/2c3d")
    Path("hub/snapshots/f00/data").mkdir(parents=True)
    Path("hub/snapshots/f00/data/train.jsonl").symlink_to("../../../blobs/0a1b")
    Path("hub/snapshots/f00/data/test.jsonl").symlink_to(Path("hub/blobs/2c3d").absolute())
    Path("hub/snapshots/f00/out.jsonl").symlink_to("/etc/hostname")
    snapshot = "hub/snapshots/f00"
    assert names(snapshot) == [f"{snapshot}/data/test.jsonl", f"{snapshot}/data/train.jsonl"]
    assert names(f"{snapshot}/data/*") == names(snapshot)
    assert kinds(snapshot) == {f"{snapshot}/out.jsonl": "link"}


def test_a_saved_data_set_names_no_files_outside() -> None:
    make("ds/data-0.arrow", "elsewhere.jsonl", "ds/more.jsonl", "ds/cache-1.arrow")
    listed = [{"filename": name} for name in ("../elsewhere.jsonl", "data-0.arrow")]
    Path("ds/state.json").write_text(json.dumps({"_data_files": listed}))
    assert kinds("ds") == {
        "ds/../elsewhere.jsonl": "link",
        "ds/cache-1.arrow": "companion",
        "ds/more.jsonl": "unlisted",
        "ds/state.json": "companion",
    }


def test_what_is_not_read_is_listed_with_its_kind() -> None:
    make("d/a.jsonl", "d/b.jsonl.part", "d/_old/c.jsonl", "d/sub/.cache/info", "d/.gitattributes")
    Path("d/x.jsonl.lz").write_bytes(LZIP)
    Path("d/x.csv.7z").write_bytes(b"7z\xbc\xaf'\x1c" + bytes(60))
    Path("d/old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(60))
    Path("d/x.bin").write_bytes(bytes(range(256)))
    Path("d/notes.txt").write_text("Words about it.\nAnd more.\n")
    for name in ("README.md", "LICENSE", "dataset_infos.json"):
        Path("d", name).write_text("About it.\n")
    Path("d/empty.log").touch()
    os.mkfifo("d/pipe.jsonl")
    assert kinds("d") == {
        "d/_old/": "hidden",
        "d/b.jsonl.part": "unfinished",
        "d/notes.txt": "unknown",
        "d/old.xls": "format",
        "d/pipe.jsonl": "special",
        "d/x.bin": "unknown",
        "d/x.csv.7z": "format",
        "d/x.jsonl.lz": "format",
        "d/.gitattributes": "companion",
        "d/LICENSE": "companion",
        "d/README.md": "companion",
        "d/dataset_infos.json": "companion",
        "d/empty.log": "companion",
        "d/sub/.cache/": "companion",
    }
    [packed] = [file for file in not_read("d") if file.path == "d/x.jsonl.lz"]
    assert packed.bytes == Path("d/x.jsonl.lz").stat().st_size
    assert "lzip" in packed.why


def test_a_folder_with_nothing_to_read_says_what_it_holds() -> None:
    Path("d").mkdir()
    Path("d/x.jsonl.lz").write_bytes(LZIP)
    for place in ("d", "d/*.zip"):
        Path("d/a.zip").symlink_to("/etc/hostname") if not Path("d/a.zip").is_symlink() else None
        with pytest.raises(SourceError, match=r"holds no data files.*(lzip|link)"):
            find(place)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.jsonl.gz", "a.csv.zst"])
def test_an_empty_file_of_a_format_that_is_never_empty_is_an_error(name: str) -> None:
    make("d/b.jsonl")
    Path("d", name).touch()
    for place in ("d", f"d/{name}", "d/*"):
        with pytest.raises(SourceError, match=rf"d/{name} is empty.*not written to the end"):
            find(place)


def test_what_cannot_be_read_is_an_error_where_it_is_named() -> None:
    Path("x.jsonl.lz").write_bytes(LZIP)
    with pytest.raises(SourceError, match=r"format lzip.*unpack"):
        find("x.jsonl.lz")


def test_a_file_named_twice_is_an_error_that_names_both() -> None:
    make("d/a.jsonl")
    Path("link.jsonl").symlink_to("d/a.jsonl")
    for places in (("d", "d/a.jsonl"), ("link.jsonl", "d/*.jsonl")):
        with pytest.raises(SourceError, match="same file") as caught:
            find(*places)
        assert "d/a.jsonl" in str(caught.value)


def test_standard_input_is_spooled(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(ROW * 3))
    monkeypatch.setattr("sys.stdin", stdin)
    [source] = find("-")
    assert (source.name, source.path.read_bytes()) == ("stdin", ROW * 3)
    assert Path("spool") in source.path.parents


def test_pipes_are_spooled() -> None:
    os.mkfifo("pipe.jsonl")
    writer = threading.Thread(target=lambda: Path("pipe.jsonl").write_bytes(ROW * 2))
    writer.start()
    [source] = find("pipe.jsonl")
    writer.join()
    assert (source.name, source.path.read_bytes()) == ("pipe.jsonl", ROW * 2)


def test_urls_are_copied() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe({"/pref/b.jsonl": ROW, "/pref/sub/a.csv": b"a,b\n1,2\n", "/pref/_x.jsonl": ROW})
    try:
        [source] = find("memory://pref/b.jsonl")
        assert (source.name, source.path.read_bytes()) == ("memory://pref/b.jsonl", ROW)
        assert names("memory://pref") == ["memory:///pref/b.jsonl", "memory:///pref/sub/a.csv"]
        assert names("memory://pref/**/*.csv") == ["memory:///pref/sub/a.csv"]
    finally:
        memory.rm("/pref", recursive=True)
    make("a.jsonl")
    assert find(f"file://{Path('a.jsonl').absolute()}")[0].size == len(ROW)


def test_a_missing_file_system_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str, **_options: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", fail)
    with pytest.raises(MissingExtraError, match=r"pip install 'prefdata\[hub\]'"):
        find("s3://bucket/a.jsonl")


def test_saved_data_sets_are_read_in_their_order() -> None:
    rows = [{"a": str(number)} for number in range(40)]
    saved = datasets.DatasetDict(
        {name: datasets.Dataset.from_list(rows) for name in ("train", "test")}
    )
    saved.save_to_disk("ds", num_shards={"train": 12, "test": 1})
    expected = [f"ds/train/data-{n:05}-of-00012.arrow" for n in range(12)]
    assert names("ds") == [*expected, "ds/test/data-00000-of-00001.arrow"]
    assert names("ds/train") == expected
    assert sum(len(sample_rows(source, CONFIG)) for source in find("ds/train")) == 40
    state = json.loads(Path("ds/train/state.json").read_text())
    state["_data_files"].reverse()
    Path("ds/train/state.json").write_text(json.dumps(state))
    assert names("ds/train") == expected[::-1]


def test_an_output_of_prefdata_gives_its_records() -> None:
    make("out/data/train.jsonl", "out/quarantine/rows.jsonl", "out/report/report.json")
    Path("out/manifest.json").write_text('{"format": "prefdata/1"}')
    assert names("out") == ["out/data/train.jsonl"]
    Path("out/manifest.json").write_text('{"format": "another"}')
    assert len(names("out")) == 4


def test_changed() -> None:
    make("a.jsonl")
    [source] = find("a.jsonl")
    assert not has_changed(source)
    Path("a.jsonl").write_bytes(ROW.replace(b"a", b"z"))
    assert has_changed(source)
    Path("a.jsonl").unlink()
    assert has_changed(source)
