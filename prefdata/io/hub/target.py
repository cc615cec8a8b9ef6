"""Publishing to a dataset on the Hugging Face Hub.

A push is one atomic commit on top of the head that was compared; files sent are read back. Endpoint
and token are those of huggingface_hub: HF_ENDPOINT, HF_TOKEN, `hf auth login`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from prefdata.config.push import PushConfig
from prefdata.errors import ConfigError, ConflictError, RefusedError
from prefdata.io.hub.commit import Commit, make_commit
from prefdata.io.hub.dataset import Hub
from prefdata.io.hub.download import content, read_back
from prefdata.io.hub.listing import Refs, commit_of, dataset_info, is_fresh, listing, refs
from prefdata.io.hub.name import HubName, refuse_odd_reference
from prefdata.io.hub.plan import PlannedCommit, plan_commits
from prefdata.io.hub.prepare import (
    account,
    branch_off,
    check_card,
    create,
    hide,
    make_tag,
    refuse_readers,
    refuse_taken,
)
from prefdata.io.hub.upload import Uploaded, upload_files
from prefdata.io.targets.target import (
    Changes,
    LocalFile,
    MovedError,
    Progress,
    Published,
    RemoteFile,
    TargetState,
)
from prefdata.results.layout import (
    CARD,
)

MAIN = "main"


class HubTarget:
    """Publishes to one branch of one dataset. `say` gets messages for people: waits, warnings."""

    def __init__(self, name: HubName, config: PushConfig, *, say: Callable[[str], None]) -> None:
        from huggingface_hub import HfApi

        from prefdata.version import __version__

        api = HfApi(library_name="prefdata", library_version=__version__)
        self._hub = Hub(api, name.repo_id, config.patience, say)
        self._config = config
        self._branch = _branch(name, config)
        for option, given in (
            ("branch", self._branch), ("revision", config.revision), ("tag", config.tag),
        ):  # fmt: skip
            if given is not None:
                refuse_odd_reference(option, given)
        self._commits: tuple[str, ...] = ()
        self._expected: frozenset[str] | None = None

    @property
    def name(self) -> str:
        return self._hub.repo_id

    @property
    def branch(self) -> str:
        return self._branch

    def state(self, wanted: Sequence[LocalFile]) -> TargetState:
        """The state of the branch, or of the commit that a new branch will start from.

        Needs no token if the dataset is public. Raises ConflictError if an existing branch no
        longer contains the configured revision.
        """
        with self._hub.session():
            self._resolve_owner()
            info = dataset_info(self._hub)
            if info is None:
                return self._nothing()
            self._resolve_name(info.id)
            head = self._head(refs(self._hub))
            files = listing(self._hub, head)
            return TargetState(exists=True, head=head, files=files, is_private=info.private)

    def read(self, path: str, state: TargetState) -> bytes | None:
        there = state.files.get(path)
        if there is None or state.head is None:
            return None
        with self._hub.session():
            return content(self._hub, there, state.head)

    def prepare(self, state: TargetState) -> tuple[str, ...]:
        with self._hub.session():
            refuse_readers(self._hub, account(self._hub))
            self._resolve_owner()
            done: tuple[str, ...] = ()
            if not state.exists:
                done += create(self._hub, is_private=self._config.private)
            if self._config.private and not state.is_private:
                done += hide(self._hub)
            known = refs(self._hub)
            if self._config.tag is not None:
                refuse_taken(self._config.tag, known, state.head, is_changed=False)
            return done + branch_off(self._hub, self._branch, state.head, known)

    def publish(
        self, changes: Changes, state: TargetState, message: str, progress: Progress
    ) -> Published:
        with self._hub.session():
            if changes.is_empty:
                return self._published(state.head)
            known = refs(self._hub)
            if self._config.tag is not None:
                refuse_taken(self._config.tag, known, state.head, is_changed=True)
            start, before = self._start(state, known)
            for card in (file.local for file in changes.send if file.path == CARD):
                check_card(self._hub, card)
            ready = upload_files(self._hub, changes.send, self._branch, progress)
            plan = plan_commits(
                ready.sent,
                changes.delete,
                before.keys(),
                large_files=self._config.commit_files,
                small_bytes=self._config.commit_bytes,
            )
            head = self._commit_all(plan, ready, start, message)
            self._expected = frozenset(
                {*before, *(file.path for file in changes.send)} - {*changes.delete}
            )
            return self._published(head)

    def tag(self, published: Published) -> None:
        if self._config.tag is not None and published.head is not None:
            with self._hub.session():
                make_tag(self._hub, self._config.tag, published.head)

    def read_back(self, changes: Changes, published: Published, progress: Progress) -> int:
        """Hashes files while they are downloaded, without storing them; see `Target.read_back`."""
        if published.head is None:
            return 0
        with self._hub.session():
            return read_back(self._hub, changes, published.head, self._expected, progress)

    def _resolve_owner(self) -> None:
        """Resolves a name without namespace to the namespace of the user."""
        if "/" not in self.name:
            owner = account(self._hub).name
            self._hub = replace(self._hub, repo_id=f"{owner}/{self.name}")
            self._hub.say(f"the dataset is {self.name}")

    def _resolve_name(self, now: str) -> None:
        """Adopts the current name of a renamed dataset, to which the Hub forwards."""
        if now != self.name:
            self._hub.say(f"{self.name} is called {now} now")
            self._hub = replace(self._hub, repo_id=now)

    def _nothing(self) -> TargetState:
        if self._config.revision is not None:
            raise RefusedError(
                f"there is no dataset {self.name} (or not one that this token may see), and so no "
                f"revision {self._config.revision!r} to build on"
            )
        return TargetState(exists=False)

    def _head(self, known: Refs) -> str:
        """The head of the branch, or the commit where it will start."""
        branch, revision = self._branch, self._config.revision
        if branch in known.tags and branch not in known.branches:
            raise ConfigError(f"branch: {branch} is the name of a tag of {self.name}")
        asked = None if revision is None else commit_of(self._hub, revision, known)
        head = known.branches.get(branch)
        if head is None:
            start = asked or known.branches.get(MAIN)
            if start is None:
                raise RefusedError(
                    f"{self.name} has no branch {branch} and no branch {MAIN} to start it from; "
                    "name a --revision"
                )
            return start
        if asked not in (None, head):
            raise ConflictError(
                f"the branch {branch} of {self.name} is at {head}, not at the revision {revision} "
                "that this push builds on: somebody has committed since. Look at what is there, "
                "and push with that --revision, or with none."
            )
        return head

    def _start(self, state: TargetState, known: Refs) -> tuple[str, Mapping[str, RemoteFile]]:
        """The parent commit and its files; for a new dataset, those that the Hub created."""
        head = known.branches.get(self._branch)
        if head is not None and head == state.head:
            return head, state.files
        if head is not None and state.head is None:
            files = listing(self._hub, head)
            if is_fresh(files):
                return head, files
        raise MovedError(f"{self._branch} of {self.name} is at {head}, not at {state.head}")

    def _commit_all(
        self, plan: Sequence[PlannedCommit], ready: Uploaded, start: str, message: str
    ) -> str:
        title, _, text = message.partition("\n")
        head = start
        for number, one in enumerate(plan, 1):
            part = f" ({number} of {len(plan)})" if len(plan) > 1 else ""
            commit = Commit(self._branch, head, title + part, text.strip(), one, ready.operations)
            made = make_commit(self._hub, commit)
            if made != head:
                self._commits += (made,)
            head = made
        return head

    def _published(self, head: str | None) -> Published:
        url = f"{self._hub.endpoint}/datasets/{self.name}"
        if self._branch != MAIN:
            url += f"/tree/{quote(self._branch, safe='')}"
        return Published(head, self._commits, url)


def _branch(name: HubName, config: PushConfig) -> str:
    """The branch of the name or of the config; raises an error if they contradict each other."""
    if name.branch is None or name.branch == config.branch:
        return config.branch
    if "branch" in config.model_fields_set:
        raise ConfigError(
            f"branch: the name says {name.branch!r}, the option {config.branch!r}; say it once"
        )
    return name.branch
