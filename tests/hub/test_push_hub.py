"""`prefdata push` to a Hub: what is there afterwards, and what was sent for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hub_clients import Client
from hub_outputs import ARROW, BASE, CHANGED, MANY, OTHER
from hub_push import OURS, Push, check, download, rows_of
from loopback_hub import LoopbackHub

from prefdata.pipeline.verify import verify

pytestmark = pytest.mark.slow
NAME = "ada/pairs"
Out = Callable[..., Path]


def test_from_a_build_to_load_dataset(
    hub: LoopbackHub, push: Push, out: Out, client: Client, tmp_path: Path
) -> None:
    done = push(out(), NAME, "--license", "cc-by-4.0", "--tag", "v1")
    assert done.result["is_new"] and done.result["read_back"] == len(done.sent)
    assert done.result["commit"] == hub.store.get(NAME).commit("main").id
    assert len(done.result["commits"]) == 1 and done.result["bytes_sent"] > 0
    check(hub, NAME, out(), tmp_path / "copy", "v1")
    assert {seen.host for seen in hub.log if not seen.authorized} == {"storage"}
    script = """
    from datasets import get_dataset_config_info, load_dataset
    from huggingface_hub import HfApi
    read = load_dataset(name, cache_dir=f"{tmp}/cache", revision="v1")
    out["rows"] = {split: list(rows) for split, rows in read.items()}
    streamed = load_dataset(name, streaming=True)
    out["streamed"] = {split: list(rows) for split, rows in streamed.items()}
    info = get_dataset_config_info(name)
    out["splits"] = {split: facts.num_examples for split, facts in info.splits.items()}
    out["license"] = HfApi().dataset_info(name).card_data.license
    """
    read = client(script, name=NAME)
    wanted = rows_of(out())
    assert read["rows"] == wanted and read["streamed"] == wanted
    assert read["splits"] == {split: len(rows) for split, rows in wanted.items()}
    assert read["license"] == "cc-by-4.0"


def test_pushed_again_nothing_happens(
    hub: LoopbackHub, push: Push, out: Out, base_there: str
) -> None:
    again = push(out(), NAME)
    assert again.result["commit"] == base_there and again.result["commits"] == []
    assert again.sent == again.fates("delete") == set() and again.result["bytes_sent"] == 0
    assert hub.log.changes == [] and hub.log.uploads == []
    assert again.fates("same") == {*hub.store.get(NAME).commit("main").tree} - {".gitattributes"}


def test_after_a_rebuild_only_what_changed_is_sent(
    hub: LoopbackHub, push: Push, out: Out, tmp_path: Path
) -> None:
    push(out(), NAME, "--with", "ledger", "--with", "dropped")
    before = hub.store.get(NAME).files()
    hub.log.clear()
    done = push(out(CHANGED), NAME, "--with", "ledger", "--with", "dropped")
    after = hub.store.get(NAME).files()
    assert {path for path in after if after[path] != before.get(path)} == done.sent
    assert {*before} - {*after} == done.fates("delete") != set()
    assert "dropped/dropped-00000.parquet" in done.fates("same")
    assert len(hub.log.stored) == sum(path.endswith(".parquet") for path in done.sent)
    assert {path for path in after if path.startswith("data/")} == {
        path.relative_to(out(CHANGED)).as_posix() for path in out(CHANGED).glob("data/*")
    }
    check(hub, NAME, out(CHANGED), tmp_path / "copy")


def test_the_card_after_a_rebuild_speaks_of_it_alone(
    hub: LoopbackHub, push: Push, out: Out, client: Client
) -> None:
    push(out(CHANGED), NAME)
    assert b"validation" in hub.store.get(NAME).read("README.md")
    push(out(), NAME)
    card = hub.store.get(NAME).read("README.md").decode()
    assert "validation" not in card
    assert card == card_of_its_own(hub, push, out)
    script = """
    from datasets import load_dataset
    read = load_dataset(name, cache_dir=f"{tmp}/cache")
    out = {split: list(rows) for split, rows in read.items()}
    """
    assert client(script, name=NAME) == rows_of(out())


def card_of_its_own(hub: LoopbackHub, push: Push, out: Out) -> str:
    """The card of a repository that never held anything else."""
    push(out(), "ada/fresh")
    return hub.store.get("ada/fresh").read("README.md").decode().replace("ada/fresh", NAME)


def test_arrow_and_parquet_builds_publish_the_same_shards(
    hub: LoopbackHub, push: Push, out: Out, tmp_path: Path
) -> None:
    push(out(ARROW), NAME)
    shards = {path for path in hub.store.get(NAME).commit("main").tree if path.startswith("data/")}
    assert shards and all(path.endswith(".parquet") for path in shards)
    check(hub, NAME, out(ARROW), tmp_path / "arrow")
    hub.log.clear()
    done = push(out(), NAME)
    assert shards <= done.fates("same")
    assert not any(path.startswith("data/") for path in done.sent | done.fates("delete"))
    check(hub, NAME, out(), tmp_path / "parquet")


def test_all_parts_go_along_and_verify_there(
    hub: LoopbackHub, push: Push, out: Out, client: Client
) -> None:
    push(out(), NAME, "--with", "all")
    tree = hub.store.get(NAME).commit("main").tree
    assert {path.split("/")[0] for path in tree if "/" in path} == {
        "data", "ledger", "dropped", "quarantine",
    }  # fmt: skip
    script = """
    from huggingface_hub import snapshot_download
    out = snapshot_download(name, repo_type="dataset", local_dir=f"{tmp}/snapshot")
    """
    assert verify(client(script, name=NAME)).problems == ()
    done = push(out(), NAME)
    assert {path.split("/")[0] for path in done.fates("delete")} == {
        "ledger", "dropped", "quarantine",
    }  # fmt: skip


def test_text_written_on_the_hub_stays(
    hub: LoopbackHub, push: Push, out: Out, base_there: str
) -> None:
    edit(hub, lambda card: card + "\n## Ours\n\nWritten on the Hub.\n")
    push(out(CHANGED), NAME)
    card = hub.store.get(NAME).read("README.md").decode()
    assert "Written on the Hub." in card and "validation" in card
    folder = out()
    write_locally(folder, "Written here.")
    conflict = push.ends(folder, NAME)
    assert conflict.code == 1 and "--hand-written" in conflict.stderr
    assert hub.store.get(NAME).read("README.md").decode() == card
    push(folder, NAME, "--hand-written", "published")
    assert "Written on the Hub." in hub.store.get(NAME).read("README.md").decode()
    push(folder, NAME, "--hand-written", "local")
    card = hub.store.get(NAME).read("README.md").decode()
    assert "Written here." in card and "Written on the Hub." not in card
    assert push(folder, NAME).result["commits"] == []


def test_text_written_locally_goes_along_and_may_change(
    hub: LoopbackHub, push: Push, out: Out
) -> None:
    folder = out()
    write_locally(folder, "First words.")
    push(folder, NAME)
    folder = out()
    write_locally(folder, "Second words.")
    assert push(folder, NAME).sent == OURS
    card = hub.store.get(NAME).read("README.md").decode()
    assert "Second words." in card and "First words." not in card


def edit(hub: LoopbackHub, change: Callable[[str], str], name: str = NAME) -> None:
    """As a person does in the browser: a commit that changes the card alone."""
    put(hub, "README.md", change(hub.store.get(name).read("README.md").decode()), name)


def put(hub: LoopbackHub, path: str, text: str, name: str = NAME) -> None:
    from hub_commit import Asked, commit

    asked = Asked(title="by hand", regular={path: text.encode()})
    commit(hub.store.get(name), "main", asked, "ada", hub.limits)


def write_locally(folder: Path, text: str) -> None:
    card = folder / "README.md"
    card.write_text(card.read_text() + f"\n## Notes\n\n{text}\n")


def test_files_of_others_stay(hub: LoopbackHub, push: Push, out: Out) -> None:
    hub.store.create(NAME, author="ada")
    theirs = {"LICENSE": "mine", "images/a.svg": "<svg/>", "scripts/data/x.py": "pass"}
    for path, text in theirs.items():
        put(hub, path, text)
    put(hub, "data.json", "{}")
    push(out(), NAME)
    push(out(CHANGED), NAME)
    files = hub.store.get(NAME).files()
    assert {path: files[path].decode() for path in theirs} == theirs and "data.json" in files


def test_data_of_others_is_not_replaced_unasked(
    hub: LoopbackHub, push: Push, out: Out, tmp_path: Path
) -> None:
    hub.store.create(NAME, author="ada")
    put(hub, "data/theirs.txt", "rows of somebody else")
    hub.log.clear()
    refused = push.ends(out(), NAME)
    assert refused.code == 1
    assert "data/theirs.txt" in refused.stderr and "--replace" in refused.stderr
    assert hub.log.changes == []
    assert push(out(), NAME, "--replace").fates("delete") == {"data/theirs.txt"}
    check(hub, NAME, out(), tmp_path / "copy")


def test_a_branch_and_a_revision_to_build_on(
    hub: LoopbackHub, push: Push, out: Out, base_there: str, tmp_path: Path
) -> None:
    first = base_there
    second = push(out(CHANGED), NAME).result["commit"]
    made = push(out(OTHER), NAME, "--branch", "next/one", "--revision", first, "--tag", "v2")
    repository = hub.store.get(NAME)
    assert made.result["branch"] == "next/one" and repository.branches["main"] == second
    assert repository.commit("next/one").parent == first
    assert repository.tags["v2"] == repository.branches["next/one"] == made.result["commit"]
    check(hub, NAME, out(OTHER), tmp_path / "copy", "next/one")
    hub.log.clear()
    stale = push.ends(out(BASE), NAME, "--revision", first)
    assert stale.code in (1, 2) and hub.log.changes == []
    assert hub.store.get(NAME).branches["main"] == second
    assert push(out(BASE), NAME, "--revision", second).result["commits"] != []


def test_a_tag_that_is_taken(hub: LoopbackHub, push: Push, out: Out) -> None:
    push(out(), NAME, "--tag", "v1")
    assert push(out(), NAME, "--tag", "v1").result["commits"] == []
    hub.log.clear()
    taken = push.ends(out(CHANGED), NAME, "--tag", "v1")
    assert taken.code in (1, 2) and "v1" in taken.stderr
    assert hub.log.changes == []


def test_private(hub: LoopbackHub, push: Push, out: Out) -> None:
    assert push(out(), NAME, "--private").result["is_private"] is True
    assert hub.store.get(NAME).is_private
    assert hub.log.of("PUT", "settings") == []  # never public, not even for a moment
    assert push(out(), NAME).result["is_private"] is True
    push(out(), "lab/open")
    assert push(out(), "lab/open", "--private").result["is_private"] is True
    assert hub.store.get("lab/open").is_private


@pytest.mark.parametrize("is_there", [False, True])
def test_a_dry_run_changes_nothing(hub: LoopbackHub, push: Push, out: Out, is_there: bool) -> None:
    if is_there:
        push(out(), NAME)
    hub.log.clear()
    done = push(out(CHANGED), NAME, "--dry-run", "--private", "--branch", "b", "--tag", "t")
    assert done.result["is_dry_run"] and done.sent and done.result["commits"] == []
    assert hub.log.changes == [] and {seen.method for seen in hub.log} <= {"GET", "HEAD"}
    assert (hub.store.find(NAME) is not None) is is_there
    if is_there:
        real = push(out(CHANGED), NAME)
        assert (real.sent, real.fates("delete")) == (done.sent, done.fates("delete"))


def test_the_message_and_what_it_says_by_itself(
    hub: LoopbackHub, push: Push, out: Out, base_there: str
) -> None:
    hub.log.clear()
    done = push(out(CHANGED), NAME, "--message", "Fewer rows", "--no-verify")
    assert done.result["read_back"] == 0
    assert hub.log.of("GET", r"resolve/.*parquet") == hub.log.of("GET", "^/objects/") == []
    titles = [commit.title for commit in hub.store.get(NAME).history("main")]
    assert titles[0] == "Fewer rows"
    kept = sum(len(rows) for rows in rows_of(out()).values())
    assert f"{kept}" in titles[1]


def test_many_shards_over_many_pages(
    hub: LoopbackHub, push: Push, out: Out, tmp_path: Path
) -> None:
    push(out(MANY), NAME)
    assert len(hub.store.get(NAME).commit("main").tree) > 3 * hub.limits.page
    check(hub, NAME, out(MANY), tmp_path / "copy")
    done = push(out(), NAME)
    assert len(done.fates("delete")) > hub.limits.page
    check(hub, NAME, out(), tmp_path / "after")


def test_what_was_spoiled_locally_is_not_published(hub: LoopbackHub, push: Push, out: Out) -> None:
    folder = out()
    shard = next(folder.glob("data/*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    done = push.ends(folder, NAME)
    assert done.code == 1 and shard.name in done.stderr
    assert hub.log.changes == [] and hub.store.find(NAME) is None


def test_a_copy_is_what_was_downloaded(
    hub: LoopbackHub, push: Push, out: Out, tmp_path: Path
) -> None:
    """What is published may be published elsewhere, and stays the same but for its name."""
    push(out(), NAME, "--with", "ledger")
    copy = download(hub.store.get(NAME), tmp_path / "local" / "copy")
    push(copy, "lab/pairs", "--with", "ledger")
    first, second = (hub.store.get(name).files() for name in (NAME, "lab/pairs"))
    assert second["README.md"] == first["README.md"].replace(NAME.encode(), b"lab/pairs")
    assert {path for path in {*first, *second} if first.get(path) != second.get(path)} == OURS
    check(hub, "lab/pairs", out(), tmp_path / "again")


def test_a_dataset_that_was_renamed(
    hub: LoopbackHub, push: Push, out: Out, base_there: str, tmp_path: Path
) -> None:
    hub.store.move(NAME, "lab/pairs")
    done = push(out(CHANGED), NAME)
    assert done.result["target"] == "lab/pairs"
    check(hub, "lab/pairs", out(CHANGED), tmp_path / "copy")
