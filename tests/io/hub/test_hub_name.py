from __future__ import annotations

import subprocess

import pytest

from prefdata.errors import UsageError
from prefdata.io.hub.name import HubName, is_hub_address, parse_hub_name, refuse_odd_reference

PREFS = HubName("acme", "prefs")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("acme/prefs", PREFS),
        ("prefs", HubName(None, "prefs")),
        ("A-b_c.d1/x.y-z_0", HubName("A-b_c.d1", "x.y-z_0")),
        ("hf://datasets/acme/prefs", PREFS),
        ("hf://datasets/prefs", HubName(None, "prefs")),
        ("hf://datasets/acme/prefs@v2", HubName("acme", "prefs", "v2")),
        ("hf://datasets/acme/prefs@refs%2Fpr%2F1", HubName("acme", "prefs", "refs/pr/1")),
        ("https://huggingface.co/datasets/acme/prefs", PREFS),
        ("https://hf.co/datasets/acme/prefs/", PREFS),
        ("https://huggingface.co/datasets/acme/prefs?sort=new#top", PREFS),
        (
            "https://huggingface.co/datasets/acme/prefs/tree/side%2Fway",
            HubName("acme", "prefs", "side/way"),
        ),
    ],
)
def test_names(text: str, name: HubName) -> None:
    assert parse_hub_name(text) == name
    assert is_hub_address(text) == ("://" in text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "acme/",
        "a/b/c",
        "datasets/acme/prefs",
        "acme/文件",
        "acme/pre fs",
        "acme/-prefs",
        "acme/prefs.git",
        "acme/pre--fs",
        "acme/..",
        "acme/../etc",
        "./out",
        "x" * 97,
        "hf://acme/prefs",
        "hf://models/acme/prefs",
        "hf://datasets/acme/prefs/data",
        "https://huggingface.co/acme/prefs",
        "https://huggingface.co/datasets/acme/prefs/blob/main/README.md",
        "https://example.org/datasets/acme/prefs",
        "ftp://huggingface.co/datasets/acme/prefs",
    ],
)
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(UsageError, match="ORG/NAME"):
        parse_hub_name(text)


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(UsageError, match="HF_TOKEN") as caught:
        parse_hub_name("https://me:secret@huggingface.co/datasets/acme/prefs")
    assert "secret" not in str(caught.value)


def test_the_endpoint_s_own_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:8080")
    assert parse_hub_name("http://127.0.0.1:8080/datasets/acme/prefs") == PREFS
    assert is_hub_address("http://127.0.0.1:8080/datasets/acme/prefs")
    assert not is_hub_address("http://127.0.0.1:9000/bucket")


@pytest.mark.parametrize(
    "name", ["main", "v1.0", "refs/pr/1", "a-b_c", "偏好", "a.b/c", "@x", "a@"]
)
def test_names_of_branches_and_tags(name: str) -> None:
    refuse_odd_reference("tag", name)
    assert (
        subprocess.run(["git", "check-ref-format", f"refs/tags/{name}"], check=False).returncode
        == 0
    )


@pytest.mark.parametrize(
    "name",
    [
        "", "v 1", "a..b", ".a", "a/.b", "a.", "a/", "/a", "a//b", "a.lock", "a.lock/b", "a~1",
        "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a@{1}", "a\nb", "a\x7f", "a\x00",
    ],
)  # fmt: skip
def test_what_git_takes_for_no_branch_or_tag(name: str) -> None:
    with pytest.raises(UsageError, match="no name of a branch or tag"):
        refuse_odd_reference("tag", name)
    if "\x00" not in name:
        asked = ["git", "check-ref-format", f"refs/tags/{name}"]
        assert subprocess.run(asked, check=False).returncode != 0


@pytest.mark.parametrize("name", ["-a", "@"])
def test_what_git_takes_for_an_option_or_a_commit(name: str) -> None:
    with pytest.raises(UsageError, match="no name of a branch or tag"):
        refuse_odd_reference("branch", name)
