"""Whose token it is, and what it may do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hub_errors import HubError, no_repository

_SCHEME = re.compile(r"Bearer\s+(\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Account:
    """A user as one of their tokens sees them."""

    owner: str
    role: str
    organisations: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Account:
        """`owner:role[:organisation,organisation]`; the role is read or write."""
        owner, role, *rest = text.split(":")
        if role not in ("read", "write"):
            raise ValueError(f"the role of {owner} is read or write, not {role!r}")
        return cls(owner, role, tuple(rest[0].split(",")) if rest else ())

    def owns(self, namespace: str) -> bool:
        return namespace == self.owner or namespace in self.organisations


def account_of(header: str | None, tokens: Mapping[str, Account]) -> Account | None:
    """None without a header; a token that nobody has is refused, whatever is asked for."""
    if header is None:
        return None
    found = _SCHEME.fullmatch(header.strip())
    if found is None or found[1] not in tokens:
        raise HubError(401, "Invalid credentials in Authorization header")
    return tokens[found[1]]


def known(account: Account | None, code: str | None = None) -> Account:
    """Raises a 401 for whoever has no token."""
    if account is None:
        raise HubError(401, "Invalid username or password.", code)
    return account


def check_read(account: Account | None, namespace: str, *, is_private: bool | None) -> None:
    """A repository that is private, or is not there (None), looks the same from outside."""
    if is_private is False or (is_private and account and account.owns(namespace)):
        return
    known(account, "RepoNotFound")
    raise no_repository()


def check_write(account: Account | None, namespace: str) -> None:
    who = known(account)
    if not who.owns(namespace):
        raise HubError(403, f"You don't have the rights to write under the namespace {namespace!r}")
    if who.role != "write":
        raise HubError(403, "Forbidden: you must use a write token to upload to a repository.")
