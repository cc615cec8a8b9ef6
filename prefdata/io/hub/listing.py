"""Listing the files of a commit on the Hub, and comparing them with what is expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prefdata.errors import RefusedError
from prefdata.io.hub.dataset import KIND, Hub
from prefdata.io.targets.changes import git_sha1
from prefdata.io.targets.target import LocalFile, RemoteFile

if TYPE_CHECKING:
    from huggingface_hub import DatasetInfo, RepoFile

_OWN = ".gitattributes"


@dataclass(frozen=True)
class Refs:
    """Branches and tags: name to commit."""

    branches: Mapping[str, str]
    tags: Mapping[str, str]


def refs(hub: Hub) -> Refs:
    listed = hub.ask(
        f"Listing the branches of {hub.repo_id}",
        lambda: hub.api.list_repo_refs(hub.repo_id, repo_type=KIND),
    )
    return Refs(
        {ref.name: ref.target_commit for ref in listed.branches},
        {ref.name: ref.target_commit for ref in listed.tags},
    )


def dataset_info(hub: Hub) -> DatasetInfo | None:
    """The dataset on the Hub; None if it does not exist or the token may not see it."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    def attempt() -> DatasetInfo | None:
        try:
            return hub.api.dataset_info(hub.repo_id)
        except GatedRepoError:
            raise
        except RepositoryNotFoundError:
            return None

    return hub.ask(f"Looking up {hub.repo_id}", attempt)


def commit_of(hub: Hub, revision: str, known: Refs) -> str:
    """The commit of a branch, a tag or an abbreviated commit."""
    from huggingface_hub.errors import RevisionNotFoundError

    named = known.branches.get(revision) or known.tags.get(revision)
    if named is not None:
        return named
    what = f"Looking up the revision {revision} of {hub.repo_id}"

    def attempt() -> str:
        try:
            return str(hub.api.dataset_info(hub.repo_id, revision=revision).sha)
        except RevisionNotFoundError as error:
            names = ", ".join([*known.branches, *known.tags])
            raise RefusedError(
                f"revision: {hub.repo_id} has no {revision!r}. It is a commit, or one of {names}."
            ) from error

    return hub.ask(what, attempt)


def listing(hub: Hub, commit: str) -> dict[str, RemoteFile]:
    """All files of a commit by path. Large ones have a SHA-256, small ones git's checksum."""
    from huggingface_hub import RepoFile

    entries = hub.ask(
        f"Listing the files of {hub.repo_id}",
        lambda: list(
            hub.api.list_repo_tree(hub.repo_id, recursive=True, revision=commit, repo_type=KIND)
        ),
    )
    return {entry.path: _remote(entry) for entry in entries if isinstance(entry, RepoFile)}


def _remote(entry: RepoFile) -> RemoteFile:
    if entry.lfs is not None:
        return RemoteFile(entry.path, entry.lfs.size, sha256=entry.lfs.sha256)
    return RemoteFile(entry.path, entry.size, git_sha1=entry.blob_id)


def is_fresh(files: Iterable[str]) -> bool:
    """Whether there are only the files that the Hub itself puts into a new repository."""
    return set(files) <= {_OWN}


def differences(
    files: Mapping[str, RemoteFile],
    held: Iterable[LocalFile],
    gone: Iterable[str],
    known: Iterable[str] | None = None,
) -> list[str]:
    """One phrase per difference: files of `held` that are missing or different, files of `gone`
    that exist, and, if `known` (all expected paths) is given, unexpected files."""
    held = list(held)
    phrases = [
        f"{file.path} {how}"
        for file in held
        if (how := _difference(file, files.get(file.path))) is not None
    ]
    phrases += [f"{path} was deleted, and is there" for path in gone if path in files]
    if known is not None:
        expected = {*known, *(file.path for file in held)} - {*gone}
        phrases += [f"{path} came from nowhere" for path in sorted({*files} - expected - {*gone})]
        phrases += [f"{path} is missing" for path in sorted(expected - {*files, *_paths(held)})]
    return phrases


def _paths(files: Sequence[LocalFile]) -> set[str]:
    return {file.path for file in files}


def _difference(file: LocalFile, there: RemoteFile | None) -> str | None:
    if there is None:
        return "is missing"
    if there.bytes != file.bytes:
        return f"has {there.bytes:,} bytes instead of {file.bytes:,}"
    if there.sha256 is not None:
        return None if there.sha256 == file.sha256 else "has another checksum"
    return None if there.git_sha1 == git_sha1(file) else "has another checksum"
