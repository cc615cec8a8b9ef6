"""What the Hub answers when it refuses something."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class HubError(Exception):
    """A refusal: becomes the status, the `X-Error-*` headers and the JSON of an answer."""

    status: int
    message: str
    code: str | None = None
    more: dict[str, object] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, object]:
        return {"error": self.message, **self.more}


def no_repository() -> HubError:
    return HubError(404, "Repository not found", "RepoNotFound")


def no_revision(name: str) -> HubError:
    return HubError(404, f"Invalid rev id: {name}", "RevisionNotFound")


def no_entry(path: str, revision: str) -> HubError:
    message = f"{path} does not exist on {revision!r}"
    return HubError(404, message, "EntryNotFound")
