from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.errors import ConflictError
from prefdata.io.targets.changes import changes, folder_of, git_sha1
from prefdata.io.targets.target import Changes, LocalFile, RemoteFile, TargetState
from prefdata.results.manifest import Counts, FileEntry, Manifest

TRAIN, LEDGER = "data/train-00000-of-00001.parquet", "ledger/ledger-00000.parquet"
FILES = {TRAIN: b"rows", LEDGER: b"lines", "README.md": b"card", "manifest.json": b"{}"}


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def local(folder: Path, files: Mapping[str, bytes]) -> list[LocalFile]:
    found = []
    for path, content in files.items():
        place = folder / path.replace("/", "-")
        place.write_bytes(content)
        found.append(LocalFile(path, place, len(content), sha(content)))
    return found


def there(files: Mapping[str, bytes]) -> TargetState:
    return TargetState(True, "0" * 40, {p: RemoteFile(p, len(c), sha(c)) for p, c in files.items()})


def manifest(paths: Iterable[str]) -> Manifest:
    return Manifest(
        fingerprint="0" * 32,
        versions={},
        config={},
        sources=(),
        counts=Counts(read=0, kept=0, quarantined=0),
        files=tuple(FileEntry(path=path, bytes=0, sha256=sha(b"")) for path in paths),
    )


def planned(
    folder: Path,
    wanted: Mapping[str, bytes],
    state: Mapping[str, bytes],
    named: Iterable[str] | None = None,
    *,
    replace: bool = False,
) -> Changes:
    previous = None if named is None else manifest(named)
    return changes(local(folder, wanted), there(state), previous, replace=replace)


def paths(files: Iterable[LocalFile]) -> list[str]:
    return [file.path for file in files]


def test_all_goes_to_an_empty_place_and_nothing_where_all_is_there(tmp_path: Path) -> None:
    first = planned(tmp_path, FILES, {})
    assert paths(first.send) == [*FILES]
    assert not first.delete
    again = planned(tmp_path, FILES, FILES, [TRAIN, LEDGER])
    assert again.is_empty
    assert paths(again.same) == [*FILES]


def test_a_killed_push_is_gone_on_with_though_no_manifest_is_there(tmp_path: Path) -> None:
    again = planned(tmp_path, FILES, {TRAIN: b"rows"})
    assert (paths(again.same), again.delete) == ([TRAIN], ())


def test_what_was_published_and_is_wanted_no_more_goes(tmp_path: Path) -> None:
    old = "data/train-00000-of-00002.parquet"
    wanted = {path: content for path, content in FILES.items() if path != LEDGER}
    found = planned(tmp_path, wanted, FILES | {TRAIN: b"old!", old: b"old"}, [TRAIN, LEDGER, old])
    assert paths(found.send) == [TRAIN]
    assert found.delete == (old, LEDGER)


OTHERS = {
    "LICENSE": b"x",
    ".gitattributes": b"x",
    "images/a.png": b"x",
    "data/.keep": b"x",
    "report/notes.md": b"x",
}


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("named", [None, [TRAIN, *OTHERS][:-1]])
def test_files_of_others_stay_even_where_a_manifest_names_them(
    tmp_path: Path, replace: bool, named: list[str] | None
) -> None:
    state = FILES | OTHERS if named else OTHERS
    assert not planned(tmp_path, FILES, state, named, replace=replace).delete


@pytest.mark.parametrize("path", ["../a", "data/../LICENSE", "/etc/a", "data/..\\a", "data//a"])
def test_nothing_outside_of_our_folders_is_deleted_whatever_a_manifest_says(
    tmp_path: Path, path: str
) -> None:
    assert planned(tmp_path, FILES, {path: b""}, [path], replace=True).delete == ()


@pytest.mark.parametrize(
    ("wanted", "state", "named"),
    [
        (FILES, {"data/other.csv": b""}, None),
        (FILES, {"data/other.csv": b""}, [TRAIN]),
        (FILES, {"data/deep/er/x.parquet": b""}, [TRAIN]),
        (FILES, {"data/test-00000-of-00001.parquet": b""}, None),
        (FILES, {TRAIN: b"theirs"}, None),
        (FILES, {TRAIN: b"theirs"}, [LEDGER]),
        (FILES, {"ledger/other.parquet": b""}, None),
        ({TRAIN: b""}, {"ledger/other.parquet": b"", LEDGER: b""}, [LEDGER]),
        (FILES, {"manifest.json": b"of another tool"}, None),
    ],
)
def test_what_others_have_where_ours_belongs_is_not_lost_unasked(
    tmp_path: Path, wanted: dict[str, bytes], state: dict[str, bytes], named: list[str] | None
) -> None:
    (theirs,) = {*state} - {*(named or ())}
    with pytest.raises(ConflictError, match=f"{theirs}.*--replace"):
        planned(tmp_path, wanted, state, named)
    found = planned(tmp_path, wanted, state, named, replace=True)
    assert theirs in (*found.delete, *paths(found.send))


def test_many_files_of_others_are_told_in_short(tmp_path: Path) -> None:
    state = {f"data/{number}\x1b.csv": b"" for number in range(9)}
    with pytest.raises(ConflictError, match="and 4 more") as said:
        planned(tmp_path, FILES, state)
    assert "\x1b" not in str(said.value)


def test_the_card_there_is_no_conflict_it_was_merged(tmp_path: Path) -> None:
    assert paths(planned(tmp_path, FILES, {"README.md": b"theirs"}).send) == [*FILES]


@pytest.mark.parametrize(
    ("known", "is_same"),
    [
        ({"sha256": sha(b"rows")}, True),
        ({"sha256": sha(b"swor")}, False),
        ({"git_sha1": hashlib.sha1(b"blob 4\0rows").hexdigest()}, True),
        ({"git_sha1": hashlib.sha1(b"rows").hexdigest()}, False),
        ({"sha256": sha(b"swor"), "git_sha1": hashlib.sha1(b"blob 4\0rows").hexdigest()}, False),
        ({}, False),
        ({"sha256": sha(b"rows"), "bytes": 5}, False),
    ],
)
def test_the_same_is_what_has_the_same_size_and_a_checksum_that_is_known(
    tmp_path: Path, known: dict[str, object], is_same: bool
) -> None:
    remote = RemoteFile(TRAIN, **{"bytes": 4, **known})  # type: ignore[arg-type]
    state = TargetState(True, None, {TRAIN: remote})
    found = changes(local(tmp_path, {TRAIN: b"rows"}), state, manifest([TRAIN]), replace=False)
    assert bool(found.same) is is_same
    assert bool(found.send) is not is_same


def test_git_itself_agrees_on_the_name_of_a_blob(tmp_path: Path) -> None:
    (file,) = local(tmp_path, {"a": b"two\r\nlines" * 200_000})
    told = subprocess.check_output(["git", "hash-object", "--no-filters", file.local], text=True)
    assert git_sha1(file) == told.strip()


PATHS = st.sampled_from(
    [TRAIN, LEDGER, "data/a.csv", "data/b/c.parquet", "dropped/d", "README.md", "LICENSE", "x/y"]
)


@given(
    wanted=st.frozensets(PATHS),
    state=st.frozensets(PATHS),
    named=st.none() | st.frozensets(PATHS),
)
def test_after_the_changes_just_the_publication_is_there_beside_files_of_others(
    tmp_path_factory: pytest.TempPathFactory,
    wanted: frozenset[str],
    state: frozenset[str],
    named: frozenset[str] | None,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    files = dict.fromkeys(wanted, b"new")
    old = dict.fromkeys(state, b"old")
    done = planned(folder, files, old, named, replace=True)
    after = {**old, **{file.path: b"new" for file in done.send}}
    for path in done.delete:
        del after[path]
    assert {path: after[path] for path in wanted} == files
    ours = {"data"} | {folder_of(path) for path in (*(named or ()), *wanted)}
    assert {*after} - {*wanted} == {
        p for p in state - wanted if folder_of(p) not in {*ours} - {None}
    }
    again = planned(folder, files, after, wanted)
    assert again.is_empty
