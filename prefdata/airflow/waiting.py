"""EndTrigger: waits in the triggerer for the end of a command that goes on without its task."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from prefdata.airflow.deferred import ALIVE, LOG, PATIENCE, STOP, WAITED, SignsOfLife, ending
from prefdata.option_names import in_python

_PIECE = 1 << 20


class EndTrigger(BaseTrigger):
    """Passes the log of a command on, and fires when it has ended.

    folder: that of the command, as this machine sees it. command: its name.
    deadline: time (seconds since 1970) at which it is told to stop; None: never.
    every: seconds between two looks. patience: seconds without a sign of life of its guard after
    which the machine that ran it is taken for gone.

    The event is {"code": exit code}, with {"late": True} after the deadline, or {"lost": reason}.
    """

    def __init__(
        self,
        *,
        folder: str,
        command: str,
        deadline: float | None = None,
        every: float = 2.0,
        patience: float = PATIENCE,
    ) -> None:
        super().__init__()
        self.folder = folder
        self.command = command
        self.deadline = deadline
        self.every = every
        self.patience = patience

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Path of the class, and its fields: none holds a secret."""
        names = ("folder", "command", "deadline", "every", "patience")
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Looks for the end of the command until there is one."""
        folder, is_late = Path(self.folder), False
        guard, read = SignsOfLife(folder / ALIVE, time.monotonic()), 0
        while True:
            read = await asyncio.to_thread(self._look, folder, read)
            code = ending(folder)
            if code is not None:
                await asyncio.to_thread(self._look, folder, read)
                yield TriggerEvent({"code": code, "late": is_late})
                return
            if reason := self._is_lost(folder, guard):
                yield TriggerEvent({"lost": reason})
                return
            if self.deadline is not None and time.time() > self.deadline and not is_late:
                is_late = True
                (folder / STOP).touch()
            await asyncio.sleep(self.every)

    async def on_kill(self) -> None:
        """Called by Airflow 3.3 when the task is cleared or marked: the command is told to stop.
        Older ones only stop looking: its guard ends it for lack of signs of life."""
        folder = Path(self.folder)
        if await asyncio.to_thread(folder.is_dir):
            await asyncio.to_thread((folder / STOP).touch)

    def _is_lost(self, folder: Path, guard: SignsOfLife) -> str:
        if not folder.is_dir():
            return f"{folder} is not there, as the triggerer sees it"
        silence = guard.silence(time.monotonic())
        if silence > self.patience:
            return f"there is no sign of life of the command since {silence:.0f} s"
        return ""

    def _look(self, folder: Path, read: int) -> int:
        """Gives a sign of life, and passes whole lines of the log on from byte `read`."""
        try:
            (folder / WAITED).touch()
            with (folder / LOG).open("rb") as log:
                log.seek(read)
                piece = log.read(_PIECE)
        except OSError:
            return read
        whole = piece[: piece.rfind(b"\n") + 1] or (piece if len(piece) == _PIECE else b"")
        for line in whole.decode("utf-8", "backslashreplace").splitlines():
            if line.strip():
                self.log.info("%s", in_python(line.rstrip(), self.command))
        return read + len(whole)
