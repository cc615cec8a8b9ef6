"""Parsing the names of datasets on the Hub, in every form that people paste."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from prefdata.errors import UsageError
from prefdata.extras import is_installed

SCHEME = "hf://"
_HOSTS = ("huggingface.co", "hf.co")
_FORMS = (
    "ORG/NAME, NAME, hf://datasets/ORG/NAME, hf://datasets/ORG/NAME@BRANCH "
    "or https://huggingface.co/datasets/ORG/NAME"
)

_ODD_REFERENCE = re.compile(
    r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/@]\Z|^[-/]|(?:^|/)\.|\.lock(?:/|\Z)|[./]\Z|^\Z"
)


@dataclass(frozen=True)
class HubName:
    """A dataset on the Hub. Without a namespace it belongs to the owner of the token."""

    namespace: str | None
    name: str
    branch: str | None = None

    @property
    def repo_id(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def parse_hub_name(text: str) -> HubName:
    """Parses the name of a dataset, without a request. Raises UsageError for an invalid name.

    >>> parse_hub_name("hf://datasets/acme/prefs@v2")
    HubName(namespace='acme', name='prefs', branch='v2')
    >>> parse_hub_name("https://huggingface.co/datasets/acme/prefs").repo_id
    'acme/prefs'
    """
    if text.startswith(SCHEME):
        repo_id, _, branch = text.removeprefix(SCHEME).partition("@")
        return _named(_dataset(repo_id, text), unquote(branch) or None, text)
    if "://" in text:
        return _of_url(text)
    return _named(text, None, text)


def is_hub_address(text: str) -> bool:
    """Whether a text can only mean the Hub: `hf://` or the address of a page there.

    >>> is_hub_address("hf://datasets/acme/prefs"), is_hub_address("acme/prefs")
    (True, False)
    """
    if text.startswith(SCHEME):
        return True
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and parts.netloc.rpartition("@")[2] in _hosts()


def refuse_odd_reference(option: str, name: str) -> None:
    """Raises UsageError if git does not accept a branch or tag (`git check-ref-format`)."""
    if _ODD_REFERENCE.search(name):
        raise UsageError(
            f"{option}: {name!r} is no name of a branch or tag. Write letters, digits, '-', '_' "
            "and '.', such as v1.0 (no blanks, none of ~^:?*[\\, no '..', no '-' first, no '.' "
            "at either end)."
        )


def _of_url(text: str) -> HubName:
    parts = urlsplit(text)
    if "@" in parts.netloc:
        raise UsageError(
            "an address with a user or password in it is not taken: log in with `hf auth login`, "
            "or set HF_TOKEN"
        )
    if parts.scheme not in ("http", "https") or parts.netloc not in _hosts():
        raise UsageError(
            f"{text!r} is no address of the Hub ({', '.join(_hosts())}; HF_ENDPOINT says which). "
            f"Write {_FORMS}."
        )
    path, tree, branch = parts.path.strip("/").partition("/tree/")
    return _named(_dataset(path, text), unquote(branch) if tree else None, text)


def _hosts() -> tuple[str, ...]:
    endpoint = os.environ.get("HF_ENDPOINT", f"https://{_HOSTS[0]}")
    if is_installed("huggingface_hub"):
        from huggingface_hub import constants

        endpoint = constants.ENDPOINT
    return tuple(dict.fromkeys((*_HOSTS, urlsplit(endpoint).netloc)))


def _dataset(path: str, text: str) -> str:
    kind, _, repo_id = path.partition("/")
    if kind != "datasets":
        raise UsageError(f"{text!r} names no dataset. Write {_FORMS}.")
    return repo_id


def _named(repo_id: str, branch: str | None, text: str) -> HubName:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repo_id)
        if not repo_id.isascii():  # older versions of the client accept it
            raise HFValidationError(repo_id)
    except HFValidationError as error:
        raise UsageError(
            f"{text!r} is no name of a dataset on the Hub. Write {_FORMS}: letters, digits, '-', "
            "'_' and '.' (none of '-' and '.' first or last, no '--', no '..', no '.git' at the "
            "end), at most 96 of them on each side of the slash."
        ) from error
    namespace, _, name = repo_id.rpartition("/")
    return HubName(namespace or None, name, branch)
