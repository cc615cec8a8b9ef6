"""Opening the store of a path or a URL."""

from __future__ import annotations

from pathlib import Path

from prefdata.errors import UsageError
from prefdata.io.bytes.file_systems import has_password, is_asynchronous, scheme_of, shown_url
from prefdata.io.bytes.spool import is_url
from prefdata.io.stores.local_store import LocalStore
from prefdata.io.stores.remote_store import BUCKETS, RemoteStore
from prefdata.io.stores.store import Store
from prefdata.io.targets.target import Say

_ONLY_READ = frozenset(
    {"http", "https", "zip", "tar", "libarchive", "data", "git", "github", "gist", "reference"}
    | {"jupyter", "jlab", "filecache", "blockcache", "cached", "simplecache"}
)


_AT_ONCE = 4
"""Files sent at a time to a store that takes several; each needs up to 100 MB of memory."""


def open_store(where: str, *, patience: float, say: Say) -> Store:
    """Opens a local folder, or any file system of fsspec; nothing is sent yet.

    `patience`: seconds for which requests to an unavailable store are retried. Raises UsageError if
    a URL cannot be published to, MissingExtraError if its library is not installed.
    """
    if not is_url(where):
        return LocalStore(Path(where))
    name = shown_url(where)
    layers = where.partition("://")[0].lower().split("::")
    if read := [layer for layer in layers if layer in _ONLY_READ]:
        raise UsageError(
            f"{name} is for reading only ({read[0]}). Publish to a folder, to an object store "
            "(s3://, gs://, az://), over sftp://, or to ORG/NAME on the Hub."
        )
    scheme, _, rest = where.rpartition("://")
    if scheme_of(where) in BUCKETS and has_password(where):
        raise UsageError(
            f"{name}: a key is no part of a {scheme_of(where)}:// URL. Put it where its library "
            "looks for it: environment variables, a profile, or a file of credentials."
        )
    if scheme_of(where) in BUCKETS and not rest.strip("/"):
        raise UsageError(f"{name} names no bucket: write {scheme}://BUCKET/FOLDER")
    if scheme.lower() in ("file", "local"):
        return LocalStore(_local(where))
    at_once = _AT_ONCE if is_asynchronous(where) else 1
    return RemoteStore(where, at_once=at_once, patience=patience, say=say)


def _local(url: str) -> Path:
    from fsspec.implementations.local import LocalFileSystem

    return Path(LocalFileSystem._strip_protocol(url))
