"""The storage of large objects: another host, that takes signed addresses and no token."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote, urlencode

from hub_errors import HubError
from hub_message import Answer, Request, file_answer
from hub_store import Repository, Store

Body = Callable[[int], bytes]
"""`read(n)`: at most n bytes of the body of a request, none at its end."""

_PIECE = 1 << 16


class Storage:
    """Signs addresses, takes objects whose size and checksum are right, and gives them back."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.url = ""
        self._secret = secrets.token_bytes(32)

    def address(self, repository: Repository, sha256: str, method: str, size: int) -> str:
        """Good for an hour, for one method and one object."""
        path = f"/objects/{quote(repository.name)}/{sha256}"
        facts = {"size": str(size), "expires": str(int(time.time()) + 3600)}
        signature = self._signature(method, path, facts)
        return f"{self.url}{path}?{urlencode({**facts, 'signature': signature})}"

    def _signature(self, method: str, path: str, facts: dict[str, str]) -> str:
        text = f"{method} {path} {facts['size']} {facts['expires']}"
        return hmac.new(self._secret, text.encode(), "sha256").hexdigest()

    def find(self, request: Request) -> tuple[Path, int]:
        """The object that an address is of, and its size. Refuses as a bucket does."""
        if "Authorization" in request.headers:
            raise HubError(400, "Only one auth mechanism allowed")
        facts = {name: values[-1] for name, values in request.query.items()}
        if not {"size", "expires", "signature"} <= set(facts):
            raise HubError(403, "Access Denied")
        method = "GET" if request.method == "HEAD" else request.method
        signature = self._signature(method, request.path, facts)
        if not hmac.compare_digest(signature, facts["signature"]):
            raise HubError(403, "The signature does not match")
        if int(facts["expires"]) < time.time():
            raise HubError(403, "Request has expired")
        _, _, namespace, name, sha256 = request.path.split("/")
        repository = self.store.get(unquote(f"{namespace}/{name}"))
        return repository.object(sha256), int(facts["size"])

    def get(self, request: Request) -> Answer:
        path, _ = self.find(request)
        if not path.is_file():
            raise HubError(404, "NoSuchKey")
        return file_answer(path, request.headers.get("Range"), {"ETag": f'"{path.name}"'})

    def put(self, request: Request, read: Body) -> Answer:
        """Kept only when all of it came, and it is what the address is for."""
        path, size = self.find(request)
        if "Content-Length" not in request.headers:
            raise HubError(501, "A header you provided implies functionality not implemented")
        half = path.with_name(f"{path.name}.{secrets.token_hex(4)}.half")
        checksum, came = hashlib.sha256(), 0
        try:
            with half.open("wb") as opened:
                while piece := read(_PIECE):
                    checksum.update(piece)
                    came += len(piece)
                    opened.write(piece)
            if came != size or checksum.hexdigest() != path.name:
                raise HubError(400, f"BadDigest: {came} bytes of {size}, {checksum.hexdigest()}")
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
        return Answer(200, headers={"ETag": f'"{path.name}"'}, stored=path.name)


def spoil(path: Path) -> None:
    """One byte in the middle of a file is another one from now on."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
