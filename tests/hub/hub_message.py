"""A request as the routes see it, and an answer as they give it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from hub_access import Account
from hub_errors import HubError


@dataclass(frozen=True)
class Request:
    """`path` is without the query, and still quoted."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    account: Account | None = None

    def flag(self, name: str) -> bool:
        return self.query.get(name, [""])[-1].lower() in ("1", "true")

    @property
    def json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise HubError(400, f"Invalid JSON: {error}") from error
        if not isinstance(value, dict):
            raise HubError(400, "A JSON object is expected")
        return value

    @property
    def form(self) -> dict[str, list[str]]:
        """Fields of a form; of a JSON object, too."""
        if "json" in self.headers.get("Content-Type", ""):
            return {
                key: [str(item) for item in (value if isinstance(value, list) else [value])]
                for key, value in self.json.items()
            }
        return parse_qs(self.body.decode(), keep_blank_values=True)


@dataclass(frozen=True)
class Answer:
    """The body is `content`, or a piece of a file."""

    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    file: Path | None = None
    start: int = 0
    length: int | None = None
    stored: str | None = None

    @property
    def size(self) -> int:
        return len(self.content) if self.file is None else self.length or 0

    def read(self) -> bytes:
        if self.file is None:
            return self.content
        with self.file.open("rb") as opened:
            opened.seek(self.start)
            return opened.read(self.size)


def json_answer(value: object, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    content = json.dumps(value).encode()
    return Answer(status, content, {"Content-Type": "application/json; charset=utf-8", **named})


def refusal(error: HubError) -> Answer:
    """The headers of an error say what its JSON says."""
    headers = {"X-Error-Message": error.message.encode("ascii", "replace").decode()}
    if error.code:
        headers["X-Error-Code"] = error.code
    return json_answer(error.body, error.status, **headers)


def file_answer(file: Path, wanted: str | None, headers: dict[str, str]) -> Answer:
    """A whole file, or the one range of it that a `Range` header wants."""
    size = file.stat().st_size
    whole = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream", **headers}
    if wanted is None or not wanted.startswith("bytes=") or "," in wanted:
        return Answer(200, file=file, length=size, headers=whole)
    first, _, last = wanted.removeprefix("bytes=").strip().partition("-")
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        return Answer(416, headers={"Content-Range": f"bytes */{size}"})
    ranged = {**whole, "Content-Range": f"bytes {start}-{end}/{size}"}
    return Answer(206, file=file, start=start, length=end - start + 1, headers=ranged)
