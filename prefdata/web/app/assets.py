"""Files that pages are made of: read once, named after their content, kept by browsers for good."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.responses import Response

from prefdata.web.app.policy import KEPT_FOREVER
from prefdata.web.app.refusal import Refusal

_KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


@dataclass(frozen=True)
class Asset:
    """One file, as it is sent."""

    kind: str
    content: bytes
    packed: bytes


@dataclass(frozen=True)
class Assets:
    """The files of a set of pages, under one fingerprint.

    The fingerprint is a folder of their address, so that a module may name another by its relative
    path, and all of them change their address together.
    """

    files: Mapping[str, Asset]
    fingerprint: str

    def path(self, name: str) -> str:
        """The path of a file below the site's prefix."""
        if name not in self.files:
            raise KeyError(f"no asset is named {name}")
        return f"/assets/{self.fingerprint}/{name}"

    def answer(self, fingerprint: str, name: str, *, packed: bool) -> Response:
        """A file.

        Raises:
            Refusal: no file has this name, or an older page asks for files that have changed.
        """
        asset = self.files.get(name)
        if asset is None or fingerprint != self.fingerprint:
            raise Refusal(404, "not-found")
        headers = {"cache-control": KEPT_FOREVER, "vary": "accept-encoding"}
        if packed:
            headers["content-encoding"] = "gzip"
        content = asset.packed if packed else asset.content
        return Response(content, headers={**headers, "content-type": asset.kind})


def read_assets(folder: Path, shared: Mapping[str, Path] | None = None) -> Assets:
    """The assets in a folder, and those shared with other pages, by their name.

    Templates and other files that no browser asks for are left out.
    """
    own = {path.name: path for path in folder.iterdir() if path.suffix in _KINDS}
    paths = {**(shared or {}), **own}
    files = {}
    whole = sha256()
    for name, path in sorted(paths.items()):
        content = path.read_bytes()
        whole.update(f"{name}\0{len(content)}\0".encode() + content)
        files[name] = Asset(_KINDS[path.suffix], content, gzip.compress(content, mtime=0))
    return Assets(files, whole.hexdigest()[:16])
