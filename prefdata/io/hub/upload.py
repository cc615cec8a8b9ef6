"""Uploading large files to the Hub, several at a time, before the commit that refers to them.

The Hub identifies content by checksum, so nothing is sent twice, and an interrupted push resumes
where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from prefdata.errors import ConflictError, OutputError
from prefdata.io.hub.dataset import KIND, Hub
from prefdata.io.hub.plan import Sent
from prefdata.io.targets.target import LocalFile, Progress

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd

STEP = "upload"
_TOGETHER_FILES = 64
_TOGETHER_BYTES = 16 << 20


@dataclass(frozen=True)
class Uploaded:
    """Files that are ready to be committed, and the operation for each path."""

    operations: dict[str, CommitOperationAdd]
    sent: tuple[Sent, ...]


def upload_files(hub: Hub, files: Sequence[LocalFile], branch: str, progress: Progress) -> Uploaded:
    """Uploads the content of large files. Raises ConflictError for files in .gitignore."""
    operations = {file.path: _operation(file) for file in files}
    total, done = sum(file.bytes for file in files), 0
    progress(STEP, done, total)

    def count(group: Sequence[LocalFile]) -> None:
        nonlocal done
        done += sum(file.bytes for file in group)
        progress(STEP, done, total)

    calls: list[Callable[[Hub], Sequence[LocalFile]]] = [
        partial(_upload, group, operations, branch) for group in _together(files)
    ]
    hub.all_at_once(calls, count)
    _refuse_ignored(hub, operations)
    sent = tuple(Sent(file, _is_large(operations[file.path])) for file in files)
    return Uploaded(operations, sent)


def _operation(file: LocalFile) -> CommitOperationAdd:
    from huggingface_hub import CommitOperationAdd

    if not Path(file.local).is_file():
        raise OutputError(f"{file.local} was to be published, and is gone; nothing was changed")
    operation = CommitOperationAdd(file.path, file.local)
    operation.upload_info.sha256 = bytes.fromhex(file.sha256)  # not computed a second time
    return operation


def _together(files: Sequence[LocalFile]) -> Iterator[list[LocalFile]]:
    """Groups of files for one request each: many small files, or one large file."""
    group: list[LocalFile] = []
    size = 0
    for file in files:
        if group and (len(group) == _TOGETHER_FILES or size + file.bytes > _TOGETHER_BYTES):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.bytes
    if group:
        yield group


def _upload(
    group: Sequence[LocalFile],
    operations: dict[str, CommitOperationAdd],
    branch: str,
    hub: Hub,
) -> Sequence[LocalFile]:
    more = f" and {len(group) - 1:,} more" if len(group) > 1 else ""
    hub.ask(
        f"Sending {group[0].path}{more}",
        lambda: hub.api.preupload_lfs_files(
            hub.repo_id,
            [operations[file.path] for file in group],
            repo_type=KIND,
            revision=branch,
            num_threads=1,
            free_memory=False,
        ),
    )
    return group


def _is_large(operation: CommitOperationAdd) -> bool:
    return operation._upload_mode == "lfs"  # the client stores the Hub's response only here


def _refuse_ignored(hub: Hub, operations: dict[str, CommitOperationAdd]) -> None:
    ignored = [path for path, operation in operations.items() if operation._should_ignore]
    if ignored:
        raise ConflictError(
            f"the .gitignore of {hub.repo_id} hides {len(ignored):,} of the files to publish: "
            f"{', '.join(ignored[:5])}. Nothing was changed. Change .gitignore there."
        )
