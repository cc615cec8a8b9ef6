"""Making a commit on the Hub exactly once, even if the response is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prefdata.io.hub.dataset import KIND, Hub
from prefdata.io.hub.listing import differences, listing, refs
from prefdata.io.hub.plan import PlannedCommit
from prefdata.io.hub.session import Unanswered
from prefdata.io.targets.retry import Transient
from prefdata.io.targets.target import MovedError

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd

_MOVED = (409, 412)


@dataclass(frozen=True)
class Commit:
    """A commit to make on top of `parent`, the head of the branch."""

    branch: str
    parent: str
    title: str
    text: str
    plan: PlannedCommit
    operations: Mapping[str, CommitOperationAdd]


def make_commit(hub: Hub, commit: Commit) -> str:
    """Makes a commit; returns the new head. Raises MovedError if the branch has moved."""
    is_first = True

    def attempt() -> str:
        nonlocal is_first
        if not is_first and (made := _find_commit(hub, commit)) is not None:
            return made
        is_first = False
        return _sent(hub, commit)

    return hub.ask(f"The commit to {hub.repo_id}", attempt)


def _sent(hub: Hub, commit: Commit) -> str:
    from huggingface_hub import CommitOperationDelete
    from huggingface_hub.errors import HfHubHTTPError

    gone = [CommitOperationDelete(path, is_folder=False) for path in commit.plan.delete]
    sent = [commit.operations[file.path] for file in commit.plan.send]
    try:
        made = hub.api.create_commit(
            hub.repo_id,
            [*gone, *sent],
            commit_message=commit.title,
            commit_description=commit.text,
            repo_type=KIND,
            revision=commit.branch,
            parent_commit=commit.parent,
        )
    except HfHubHTTPError as error:
        if error.response.status_code not in _MOVED:
            raise
        if (ours := _find_commit(hub, commit)) is not None:
            return ours
        raise Unanswered(Transient("the Hub is busy with another commit")) from error
    return made.oid


def _find_commit(hub: Hub, commit: Commit) -> str | None:
    """The commit on top of our parent, if it is ours; None if there is none yet."""
    head = refs(hub).branches.get(commit.branch)
    if head == commit.parent:
        return None
    if head is not None:
        history = hub.ask(
            f"Listing the commits of {hub.repo_id}",
            lambda: hub.api.list_repo_commits(hub.repo_id, repo_type=KIND, revision=head),
        )
        newest_first = [entry.commit_id for entry in history]
        if commit.parent in newest_first:
            child = newest_first[newest_first.index(commit.parent) - 1]
            files = listing(hub, child)
            if not differences(files, commit.plan.send, commit.plan.delete):
                return child
    raise MovedError(f"{commit.branch} of {hub.repo_id} is at {head}, not at {commit.parent}")
