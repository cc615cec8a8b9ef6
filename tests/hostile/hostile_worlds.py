"""Hostile environments: each changes a process, or what it finds, before it starts.

Mounts are made in a mount namespace of the process alone (`unshare`), so nothing outside sees them.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FULL = Path("/dev/full")
LOCALE = "de_DE.ISO-8859-1"
LOCALES = Path(f"/tmp/prefdata-locales-{os.getuid()}")
NO_TEXT = os.fsdecode(b"no-text-\xff")


@dataclass(frozen=True)
class World:
    """An environment.

    `setup`: shell lines run before the command. `harmless`: a command does here what it does
    elsewhere. `out`: the folder of outputs. `source`: the name of the source. `stdout`, `stderr`:
    what these streams are connected to. `mounts`: `setup` mounts file systems. `is_mute`: nothing
    can be said on stderr.
    """

    setup: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    harmless: bool = False
    out: str = "out"
    source: str = "a.jsonl"
    stdout: Path | None = None
    stderr: Path | None = None
    mounts: bool = False
    is_mute: bool = False

    def why_not(self) -> str:
        """Why this world cannot be made on this machine; empty if it can."""
        if self.mounts and not _can_mount():
            return "no mount namespaces here"
        if FULL in (self.stdout, self.stderr) and not FULL.exists():
            return f"no {FULL} here"
        if self.out.startswith("/proc") and not Path("/proc/self").exists():
            return "no /proc here"
        return "" if "LOCPATH" not in self.env or _has_locale() else f"no locale {LOCALE} here"

    def around(self, command: Sequence[str]) -> list[str]:
        """The command line that runs `command` in this world."""
        inner = ["sh", "-c", f'{self.setup}\nexec "$@"', "sh", *command]
        return [*_UNSHARE, *inner] if self.mounts else inner


_UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "-r"]


@cache
def _can_mount() -> bool:
    try:
        command = [*_UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@cache
def _has_locale() -> bool:
    """Compiles the locale; whether it is there."""
    LOCALES.mkdir(exist_ok=True)
    try:
        command = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(LOCALES / LOCALE)]
        subprocess.run(command, capture_output=True)
    except FileNotFoundError:
        return False
    return (LOCALES / LOCALE / "LC_CTYPE").exists()


def _mounted(place: str, options: str) -> str:
    return f"mount -t tmpfs -o {options} tmpfs {place} || exit 99"


ISO = {"LC_ALL": LOCALE, "LANG": LOCALE, "LOCPATH": str(LOCALES), "PYTHONUTF8": "0"}
POSIX = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

WORLDS: dict[str, World] = {
    "ascii-output": World(env={"PYTHONIOENCODING": "ascii"}, harmless=True),
    "posix-locale": World(env=POSIX, source="文.jsonl", harmless=True),
    "iso-locale": World(env=ISO, source="文.jsonl", harmless=True),
    "name-no-text": World(source=f"{NO_TEXT}.jsonl", harmless=True),
    "out-no-text": World(out=NO_TEXT),
    "stdout-full": World(stdout=FULL),
    "stderr-full": World(stderr=FULL, harmless=True, is_mute=True),
    "streams-closed": World(setup="exec 0<&- 1>&- 2>&-", harmless=True, is_mute=True),
    "no-home": World(setup="unset HOME", env={"TMPDIR": "/nonexistent/tmp"}, harmless=True),
    "home-read-only": World(env={"HOME": "/proc"}, harmless=True),
    "tmp-full": World(
        setup=f"{_mounted('tmp', 'size=8k')}\nhead -c 4000 /dev/zero > tmp/filled", mounts=True
    ),
    "no-shared-memory": World(
        setup=_mounted("/dev/shm", "ro,mode=0555"), mounts=True, harmless=True
    ),
    "folder-removed": World(setup="mkdir gone && cd gone && rmdir ../gone"),
    "few-files": World(setup="ulimit -n 14"),
    "small-files": World(setup="ulimit -f 8"),
    "little-memory": World(setup="ulimit -v 500000"),
    "some-memory": World(setup="ulimit -v 1500000"),
    "out-read-only": World(setup=_mounted("ro", "ro"), out="ro/out", mounts=True),
    "out-in-proc": World(out="/proc/out"),
    "out-in-file": World(out="/dev/null/out"),
}
