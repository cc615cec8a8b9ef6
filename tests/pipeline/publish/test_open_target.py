from __future__ import annotations

from pathlib import Path

import pytest

from prefdata.config.push import PushConfig
from prefdata.errors import MissingExtraError, UsageError
from prefdata.io.hub.target import HubTarget
from prefdata.io.stores.folder_target import FolderTarget
from prefdata.pipeline.publish.open_target import open_target, remarks_on

PLAIN = PushConfig()
SECRET = "hunter2/hunter3"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "where",
    [
        "org/name",
        "name",
        "hf://datasets/org/name",
        "https://huggingface.co/datasets/org/name",
    ],
)
def test_the_hub(where: str) -> None:
    target = open_target(where, PLAIN)
    assert isinstance(target, HubTarget)
    assert target.name in ("org/name", "name")


@pytest.mark.parametrize(
    ("where", "folder"),
    [
        ("./org/name", "org/name"),
        ("../name", "../name"),
        (".", "."),
        ("..", ".."),
        ("/tmp/org/name", "/tmp/org/name"),
        ("~/name", "~/name"),
        ("./a::b", "a::b"),
        ("file:///tmp/a", "/tmp/a"),
        ("local:///tmp/a", "/tmp/a"),
    ],
)
def test_folders(where: str, folder: str) -> None:
    target = open_target(where, PLAIN)
    assert isinstance(target, FolderTarget)
    assert target.folder == Path(folder).expanduser().absolute()
    assert target.branch is None


@pytest.mark.parametrize("where", ["memory://bucket/a", "ftp://127.0.0.1:9/a", "memory://"])
def test_urls_are_not_connected_to(where: str) -> None:
    target = open_target(where, PLAIN)
    assert isinstance(target, FolderTarget)
    assert (target.name, target.folder) == (where, None)


@pytest.mark.parametrize("where", ["", "two words", "a/b/c", "org/", "-name", "a--b", "data\\x"])
def test_neither_a_name_nor_a_path(where: str) -> None:
    with pytest.raises(UsageError, match=r"ORG/NAME.*begins with / or \./.*s3://BUCKET/FOLDER"):
        open_target(where, PLAIN)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("zip://a::file:///tmp/a.zip", "for reading only"),
        ("tar:///tmp/a.tar", "for reading only"),
        ("https://example.org/a", "for reading only"),
        ("simplecache::memory://a", "for reading only"),
        ("nosuch://a", "no file system"),
        ("s3://", "names no bucket"),
        ("hf://models/org/name", "names no dataset"),
        (f"s3://AKIA123:{SECRET}@bucket/a", r"s3://bucket/a: a key is no part"),
    ],
)
def test_places_that_cannot_be_published_to(where: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        open_target(where, PLAIN)
    assert "hunter" not in str(raised.value)


def test_a_library_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "paramiko", None)
    with pytest.raises(MissingExtraError, match=r"sftp://host/a needs.*pip install paramiko") as e:
        open_target("sftp://me:hunter2@host/a", PLAIN)
    assert "hunter2" not in str(e.value)


def test_names_hold_no_passwords() -> None:
    assert open_target("ftp://me:hunter2@127.0.0.1/a", PLAIN).name == "ftp://127.0.0.1/a"


def test_the_home_of_a_user_who_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"no-such-user has none here.*\./~no-such-user/x"):
        open_target("~no-such-user/x", PLAIN)


def test_a_folder_of_the_name_of_a_repository_is_worth_a_remark() -> None:
    assert remarks_on("org/name") == ()
    Path("org/name").mkdir(parents=True)
    assert "./org/name" in remarks_on("org/name")[0]
    assert isinstance(open_target("org/name", PLAIN), HubTarget)
    assert remarks_on("./org/name") == remarks_on("memory://org") == ()


@pytest.mark.parametrize(
    ("out", "where", "is_refused"),
    [
        ("out", "./out", True),
        ("out", "./out/sub", True),
        ("sub/out", "./sub", True),
        ("out", "./link", True),
        ("out", "./link/deeper", True),
        ("link", "./out", True),
        ("out", "./other/../out", True),
        ("out", ".", True),
        ("out", "./out2", False),
        ("out", "./copies/out", False),
        ("sub/out", "./sub/copy", False),
        ("out", "memory://out", False),
    ],
)
def test_nothing_is_published_into_its_own_folder(out: str, where: str, is_refused: bool) -> None:
    Path("out").mkdir()
    Path("link").symlink_to("out")
    Path(out).mkdir(parents=True, exist_ok=True)
    for asked in (where, where.replace("./", f"file://{Path.cwd()}/", 1)):
        if is_refused:
            with pytest.raises(UsageError, match="same place, or one lies in the other"):
                open_target(asked, PLAIN, out=Path(out))
        else:
            assert isinstance(open_target(asked, PLAIN, out=Path(out)), FolderTarget)
