"""The loopback Hub with the real clients."""

from __future__ import annotations

import pytest
from hub_clients import OTHER, READER, Client
from loopback_hub import LoopbackHub

pytestmark = pytest.mark.slow


def test_the_life_of_a_repository(hub: LoopbackHub, client: Client) -> None:
    script = """
    from pathlib import Path
    from huggingface_hub import CommitOperationAdd as Add, CommitOperationDelete as Delete, HfApi
    from huggingface_hub.errors import HfHubHTTPError
    api, name, kind = HfApi(), "ada/life", {"repo_type": "dataset"}
    def status(call, *args, **more):
        try:
            call(*args, **more)
        except HfHubHTTPError as error:
            return [type(error).__name__, error.response.status_code]
    who = api.whoami()
    out["who"] = [who["name"], who["orgs"][0]["name"], who["auth"]["accessToken"]["role"]]
    out["url"] = str(api.create_repo(name, **kind))
    api.create_repo(name, exist_ok=True, **kind)
    out["twice"] = status(api.create_repo, name, **kind)
    folder = Path(tmp, "send"); (folder / "data").mkdir(parents=True)
    for number in range(12):
        (folder / f"data/{number:02}.parquet").write_bytes(bytes([number]) * 70_000)
    (folder / "words.txt").write_text("words")
    first = api.upload_folder(folder_path=folder, repo_id=name, **kind)
    again = api.upload_folder(folder_path=folder, repo_id=name, **kind)
    out["nothing to do"] = again.oid == first.oid
    head = api.dataset_info(name).sha
    out["head"] = head == first.oid
    ops = [Add("more.txt", b"more"), Delete("data/00.parquet"), Delete("data/01.parquet")]
    second = api.create_commit(name, ops, commit_message="m", parent_commit=head, **kind)
    late = [Add("late.txt", b"late")]
    out["stale"] = status(
        api.create_commit, name, late, commit_message="m", parent_commit=head, **kind)
    out["gone"] = status(
        api.create_commit, name, [Delete("data/00.parquet")], commit_message="m", **kind)
    api.create_branch(name, branch="side/way", **kind)
    out["branch twice"] = status(api.create_branch, name, branch="side/way", **kind)
    api.create_commit(name, late, commit_message="late", revision="side/way", **kind)
    api.create_tag(name, tag="v1", revision="side/way", **kind)
    out["tag twice"] = status(api.create_tag, name, tag="v1", **kind)
    refs = api.list_repo_refs(name, **kind)
    out["refs"] = [[ref.name for ref in refs.branches], [ref.name for ref in refs.tags]]
    out["files"] = sorted(api.list_repo_files(name, **kind))
    out["tree"] = sorted(item.path for item in api.list_repo_tree(name, expand=True, **kind))
    out["paths"] = [p.path for p in api.get_paths_info(name, ["words.txt", "data", "no"], **kind)]
    out["exists"] = [
        api.file_exists(name, "late.txt", revision=at, **kind) for at in ("main", "v1")]
    out["commits"] = [c.title for c in api.list_repo_commits(name, revision="v1", **kind)]
    out["no revision"] = status(api.dataset_info, name, revision="nowhere")
    snapshot = Path(api.snapshot_download(name, revision="v1", **kind))
    out["snapshot"] = {
        str(path.relative_to(snapshot)): len(path.read_bytes())
        for path in sorted(snapshot.rglob("*")) if path.is_file()}
    api.update_repo_settings(name, private=True, **kind)
    out["private"] = api.dataset_info(name).private
    api.delete_tag(name, tag="v1", **kind)
    api.delete_branch(name, branch="side/way", **kind)
    api.delete_folder("data", name, **kind)
    out["left"] = sorted(api.list_repo_files(name, **kind))
    api.delete_repo(name, **kind)
    out["deleted"] = api.repo_exists(name, **kind)
    """
    out = client(script)
    shards = [f"data/{number:02}.parquet" for number in range(2, 12)]
    rest = [".gitattributes", "more.txt", "words.txt"]
    assert out["who"] == ["ada", "lab", "write"]
    assert out["url"] == f"{hub.url}/datasets/ada/life"
    assert out["twice"] == out["branch twice"] == out["tag twice"] == ["HfHubHTTPError", 409]
    assert out["nothing to do"] and out["head"]
    assert out["stale"] == ["HfHubHTTPError", 412]
    assert out["gone"] == ["RemoteEntryNotFoundError", 404]
    assert out["no revision"] == ["RevisionNotFoundError", 404]
    assert out["refs"] == [["main", "side/way"], ["v1"]]
    assert out["files"] == sorted([*rest, *shards])
    assert out["tree"] == [".gitattributes", "data", "more.txt", "words.txt"]
    assert out["paths"] == ["words.txt", "data"]
    assert out["exists"] == [False, True]
    assert out["commits"][0] == "late" and out["commits"][-1] == "initial commit"
    assert set(out["snapshot"]) == {*rest, *shards, "late.txt"}
    assert {out["snapshot"][path] for path in shards} == {70_000}
    assert out["private"] is True and out["deleted"] is False
    assert out["left"] == rest
    assert len(hub.log.stored) == 12
    assert any("cursor=" in seen.path for seen in hub.log), "no listing had a second page"
    assert not any(seen.authorized for seen in hub.log if seen.host == "storage")


def test_datasets(client: Client, hub: LoopbackHub) -> None:
    script = """
    from datasets import Dataset, load_dataset
    from huggingface_hub import HfApi
    api, name, rows = HfApi(), "lab/rows", [{"prompt": f"p{n}", "chosen": "c"} for n in range(50)]
    Dataset.from_list(rows).push_to_hub(name, split="train", num_shards=7, private=True)
    api.create_tag(name, tag="first", repo_type="dataset")
    cut = Dataset.from_list(rows[:9])
    cut.push_to_hub(name, split="train")
    def read(**more):
        return list(load_dataset(name, split="train", cache_dir=f"{tmp}/cache", **more))
    out["plain"] = read() == rows[:9]
    out["tag"] = read(revision="first") == rows
    out["streaming"] = read(streaming=True, revision="first") == rows
    out["files"] = sorted(f for f in api.list_repo_files(name, repo_type="dataset") if "/" in f)
    """
    out = client(script)
    assert out["plain"] and out["tag"] and out["streaming"]
    assert out["files"] == ["data/train-00000-of-00001.parquet"]
    assert hub.store.get("lab/rows").is_private


@pytest.mark.parametrize(
    ("token", "call", "error", "status"),
    [
        (None, "api.dataset_info('ada/secret')", "RepositoryNotFoundError", 401),
        (None, "api.whoami()", "LocalTokenNotFoundError", None),
        (OTHER, "api.dataset_info('ada/secret')", "RepositoryNotFoundError", 404),
        ("hf_nobody", "api.whoami()", "HfHubHTTPError", 401),
        ("hf_nobody", "api.dataset_info('ada/open')", "HfHubHTTPError", 401),
        (READER, "upload('ada/open')", "HfHubHTTPError", 403),
        (OTHER, "upload('ada/open')", "HfHubHTTPError", 403),
        (OTHER, "api.create_repo('ada/new', repo_type='dataset')", "HfHubHTTPError", 403),
        (READER, "api.create_repo('ada/new', repo_type='dataset')", "HfHubHTTPError", 403),
        (READER, "api.dataset_info('ada/none')", "RepositoryNotFoundError", 404),
    ],
)
def test_who_may_do_what(
    hub: LoopbackHub, client: Client, token: str | None, call: str, error: str, status: int | None
) -> None:
    hub.store.create("ada/open")
    hub.store.create("ada/secret", private=True)
    script = """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError
    api = HfApi()
    def upload(name):
        api.upload_file(
            path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=name, repo_type="dataset")
    try:
        eval(call)
    except Exception as error:
        out = [type(error).__name__, getattr(getattr(error, "response", None), "status_code", None)]
    """
    assert client(script, token, call=call) == [error, status]
    assert len(hub.store.get("ada/open").commit("main").tree) == 1


def test_private_is_seen_by_its_owner(hub: LoopbackHub, client: Client) -> None:
    hub.store.create("ada/secret", private=True)
    script = "from huggingface_hub import HfApi\nout = HfApi().dataset_info('ada/secret').private"
    assert client(script, READER) is True


def test_a_name_that_was_given_up_leads_to_the_new_one(hub: LoopbackHub, client: Client) -> None:
    hub.store.create("ada/old")
    script = """
    from huggingface_hub import HfApi
    api = HfApi()
    api.move_repo("ada/old", "lab/new", repo_type="dataset")
    out = [api.dataset_info("ada/old").id, api.list_repo_files("ada/old", repo_type="dataset")]
    """
    assert client(script) == ["lab/new", [".gitattributes"]]
