"""Opens the target that a text names: a repository of the Hub, a folder, or a URL."""

from __future__ import annotations

import re
from pathlib import Path

from prefdata.config.push import PushConfig
from prefdata.errors import UsageError
from prefdata.extras import demand
from prefdata.io.bytes.spool import is_url
from prefdata.io.hub.name import is_hub_address, parse_hub_name
from prefdata.io.stores.folder_target import FolderTarget
from prefdata.io.targets.target import Say, Target

_PATH = re.compile(r"/|~|\.{1,2}$|\.{1,2}[/\\]|\\\\|[A-Za-z]:[/\\]")


def open_target(
    where: str, config: PushConfig, *, out: Path | None = None, say: Say = lambda sentence: None
) -> Target:
    """The target that `where` names; makes no request and sends nothing yet.

    `ORG/NAME` and addresses of the Hub are a repository, what begins like a path (`/`, `./`, `../`,
    `~`) is a folder, anything else with `://` is opened by fsspec. `say` receives sentences for
    people. Raises UsageError if it is none of them, if the target does not support an option, or if
    it is a folder inside `out` or around it; MissingExtraError if the library for it is not
    installed.
    """
    if _is_path(where) or (is_url(where) and not is_hub_address(where)):
        target = FolderTarget(where, config, say=say)
        if out is not None and target.folder is not None:
            refuse_inside(out, target.folder)
        return target
    demand("hub", "publishing to the Hub", "huggingface_hub")
    from prefdata.io.hub.target import HubTarget

    try:
        name = parse_hub_name(where)
    except UsageError as error:
        raise UsageError(
            f"{error} A folder is a path that begins with / or ./, any other place a URL such as "
            "s3://BUCKET/FOLDER."
        ) from error
    return HubTarget(name, config, say=say)


def remarks_on(where: str) -> tuple[str, ...]:
    """Remarks on a name that may be meant differently: a folder with the name of a repository."""
    if _is_path(where) or is_url(where) or not Path(where).is_dir():
        return ()
    return (f"{where} is the dataset on the Hub; the folder of that name is ./{where}.",)


def refuse_inside(out: Path, folder: Path) -> None:
    """Raises UsageError if the folders are the same or one contains the other."""
    out, folder = out.resolve(), folder.expanduser().resolve()
    if _is_in(folder, out) or _is_in(out, folder):
        raise UsageError(
            f"{folder} cannot be published to: the output folder {out} is the same place, or one "
            "lies in the other. Choose a folder beside it."
        )


def _is_path(where: str) -> bool:
    return _PATH.match(where) is not None


def _is_in(inner: Path, outer: Path) -> bool:
    """Compares names, and device and inode: some file systems do not distinguish A from a."""
    places = (inner, *inner.parents)
    if outer in places:
        return True
    identity = _device_and_inode(outer)
    return identity is not None and identity in map(_device_and_inode, places)


def _device_and_inode(place: Path) -> tuple[int, int] | None:
    """Identifies a folder under any of its names; None if it is missing or not accessible."""
    try:
        status = place.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
