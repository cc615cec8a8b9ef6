"""Runs one command to its end and says what it cost: time, CPU, and the memory of all it started.

Linux only: memory is read from /proc, twenty times a second. A process counts while it belongs to
the command's session, however deep it was forked and whoever became its parent. The proportional
set size (PSS) is what counts a page shared by several processes once; where the kernel hides it,
the resident set size stands in, which counts such a page several times.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.05
PR_SET_CHILD_SUBREAPER = 36
KB = 1024


@dataclass(frozen=True)
class Cost:
    """What a run cost. Memory in bytes: the highest that any sample saw.

    `memory` is of the whole process tree; `anonymous` its part that is backed by no file, so that
    pages of memory-mapped inputs do not count; `largest_process` is the kernel's high-water mark
    of the greediest process, which knows of peaks between two samples.
    """

    seconds: float
    cpu_seconds: float
    memory: int
    anonymous: int
    largest_process: int
    exit_code: int
    stdout: str
    stderr: str


class TreeMemory:
    """Watches a session from a thread and remembers its highest memory."""

    def __init__(self, session: int) -> None:
        self.peak = 0
        self.peak_anonymous = 0
        self.largest_process = 0
        self._session = session
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> TreeMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            pids = members(self._session)
            sizes = [_memory(pid) for pid in pids]
            self.peak_anonymous = max(self.peak_anonymous, sum(part for _, part in sizes))
            self.largest_process = max([self.largest_process, *map(_high_water, pids)])
            self.peak = max(self.peak, sum(whole for whole, _ in sizes), self.largest_process)


def members(session: int) -> list[int]:
    """The processes of a session that run now."""
    return [
        int(entry)
        for entry in os.listdir("/proc")  # noqa: PTH208 - runs twenty times a second
        if entry.isdecimal() and _session_of(int(entry)) == session
    ]


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return -1  # it ended meanwhile, or is somebody else's


def _memory(pid: int) -> tuple[int, int]:
    """PSS of a process, and the part of it that no file backs."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    except PermissionError:
        return _resident(pid)
    sizes = {name: int(rest.split()[0]) * KB for name, _, rest in (s.partition(":") for s in lines)}
    return sizes["Pss"], sizes["Pss"] - sizes.get("Pss_File", 0)


def _high_water(pid: int) -> int:
    """The most that a process ever had resident, by the kernel's count."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    _, _, rest = status.partition("VmHWM:")  # absent once the process has ended
    return int(rest.split()[0]) * KB if rest else 0


def _resident(pid: int) -> tuple[int, int]:
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    page = os.sysconf("SC_PAGE_SIZE")
    return int(fields[1]) * page, (int(fields[1]) - int(fields[2])) * page


def run(command: Sequence[str], *, env: Mapping[str, str], scratch: Path) -> Cost:
    """Runs a command in a session of its own and waits for it and for all that it left behind."""
    _adopt_orphans()
    out, err = scratch / "stdout", scratch / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=dict(env), stdout=stdout, stderr=stderr, start_new_session=True
        )
        try:
            with TreeMemory(process.pid) as memory:
                _, status, used = os.wait4(process.pid, 0)
                seconds = time.perf_counter() - start
                orphans = _reap_orphans()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(
        seconds=seconds,
        cpu_seconds=used.ru_utime + used.ru_stime + sum(o.ru_utime + o.ru_stime for o in orphans),
        memory=memory.peak,
        anonymous=memory.peak_anonymous,
        largest_process=memory.largest_process,
        exit_code=process.returncode,
        stdout=out.read_text(errors="replace"),
        stderr=err.read_text(errors="replace"),
    )


def _adopt_orphans() -> None:
    """Makes processes whose parent ends ours to wait for, so that their CPU time is not lost."""
    if not sys.platform.startswith("linux"):
        raise SystemExit("the benchmark reads /proc: it runs on Linux only")
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap_orphans() -> list[os.struct_rusage]:  # type: ignore[name-defined]
    """Waits for whatever the command left behind (a resource tracker, a fork server)."""
    costs = []
    while True:
        try:
            costs.append(os.wait4(-1, 0)[2])
        except ChildProcessError:
            return costs
