"""Preparing a push: checks of token, tag and card; creation of repository and branch; privacy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefdata.errors import ConfigError, ConflictError, RefusedError
from prefdata.io.hub.dataset import KIND, Hub
from prefdata.io.hub.errors import no_token
from prefdata.io.hub.listing import Refs, dataset_info, refs
from prefdata.io.hub.words import clean_message


@dataclass(frozen=True)
class Account:
    """The owner of the token. `role` is None if the Hub does not report it."""

    name: str
    role: str | None


def account(hub: Hub) -> Account:
    """The account of the token. Raises RefusedError without a token or for an unknown one."""
    from huggingface_hub import get_token

    what = "Asking the Hub whose token this is"
    if get_token() is None:
        raise no_token("Publishing")
    who = hub.ask(what, hub.api.whoami)
    token = (who.get("auth") or {}).get("accessToken") or {}
    return Account(str(who.get("name")), token.get("role"))


def refuse_readers(hub: Hub, who: Account) -> None:
    """Raises RefusedError for a token that may only read; other permissions show later."""
    if who.role == "read":
        raise RefusedError(
            f"the token of {who.name} has the role read: to publish {hub.repo_id} it needs write "
            f"({hub.endpoint}/settings/tokens)"
        )


def create(hub: Hub, *, is_private: bool) -> tuple[str, ...]:
    """Creates the repository if it does not exist; returns messages on what was done."""
    from huggingface_hub.errors import HfHubHTTPError

    def attempt() -> bool:
        try:
            hub.api.create_repo(hub.repo_id, repo_type=KIND, private=is_private or None)
        except HfHubHTTPError as error:
            if error.response.status_code != 409:
                raise
            return False
        return True

    is_ours = hub.ask(f"Creating {hub.repo_id}", attempt)
    return (f"the dataset {hub.repo_id} was created",) if is_ours else ()


def hide(hub: Hub) -> tuple[str, ...]:
    """Makes the repository private if it is public; returns messages on what was done."""
    info = dataset_info(hub)
    if info is not None and info.private:
        return ()
    hub.ask(
        f"Making {hub.repo_id} private",
        lambda: hub.api.update_repo_settings(hub.repo_id, private=True, repo_type=KIND),
    )
    return (f"{hub.repo_id} was public and is private now",)


def branch_off(hub: Hub, branch: str, start: str | None, known: Refs) -> tuple[str, ...]:
    """Creates the branch if it does not exist; returns messages on what was done."""
    if branch in known.branches:
        return ()
    hub.ask(
        f"Creating the branch {branch}",
        lambda: hub.api.create_branch(
            hub.repo_id, branch=branch, revision=start, repo_type=KIND, exist_ok=True
        ),
    )
    return (f"the branch {branch} was created from {start or 'main'}",)


def refuse_taken(tag: str, known: Refs, head: str | None, *, is_changed: bool) -> None:
    """Raises an error if the tag already names another commit: tags are never moved."""
    at = known.tags.get(tag)
    if at is None or (at == head and not is_changed):
        return
    raise ConflictError(
        f"the tag {tag} is there already, at {at}"
        + (f", and the branch is at {head}" if at != head else ", and files have changed since")
        + ". Nothing was sent. Pass another --tag, or delete that one there."
    )


def make_tag(hub: Hub, tag: str, commit: str) -> None:
    """Creates a tag. Raises ConflictError if it was taken meanwhile."""
    from huggingface_hub.errors import HfHubHTTPError

    def attempt() -> None:
        try:
            hub.api.create_tag(hub.repo_id, tag=tag, revision=commit, repo_type=KIND)
        except HfHubHTTPError as error:
            if error.response.status_code != 409:
                raise
            refuse_taken(tag, refs(hub), commit, is_changed=False)

    hub.ask(f"Creating the tag {tag}", attempt)


def check_card(hub: Hub, card: Path) -> None:
    """Lets the Hub validate the metadata of the card. Raises ConfigError with its message."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    body = {"content": card.read_text(encoding="utf-8", errors="replace"), "repoType": KIND}

    def attempt() -> None:
        answer = get_session().post(
            f"{hub.endpoint}/api/validate-yaml", json=body, headers=hub.headers
        )
        if answer.status_code == 400:
            raise ConfigError(
                f"the Hub does not take the metadata of README.md: {_faults(answer.json())}. "
                "Nothing was sent. They stand between the lines --- at its start."
            )
        hf_raise_for_status(answer)

    hub.ask("Checking the card", attempt)


def _faults(body: Any) -> str:
    errors = body.get("errors") if isinstance(body, dict) else None
    if isinstance(errors, list) and errors:
        return "; ".join(
            clean_message(str(one.get("message") if isinstance(one, dict) else one))
            for one in errors
        )
    return clean_message(str(body.get("error", body) if isinstance(body, dict) else body))
