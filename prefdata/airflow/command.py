"""Builds the command line and environment of a command, and interprets its exit code."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence

Scalar = str | int | float | bool | None
Value = Scalar | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""The value of an option: None, "" and False leave the option out, a list repeats it."""

GOOD, FAILED, USAGE, AGAIN = 0, 1, 2, 75
"""Exit codes of prefdata; with any other one the process was ended from outside."""

CANNOT_START = 127
"""Exit code of the guard if the command cannot be started."""

KILLED = 128 + 9
"""Of a process that got SIGKILL: nothing of prefdata sends it but a guard, which says so."""

_CREDENTIALS = re.compile(r"(?<=://)[^/\s]+@")
_FOR_GOOD = {FAILED, USAGE, CANNOT_START}
_MEANINGS = {
    FAILED: "the data or the run failed",
    USAGE: "it was called wrongly",
    AGAIN: "try again later",
    CANNOT_START: "it could not be started",
}


def command_line(
    python: str,
    command: str,
    options: Mapping[str, Value],
    arguments: Sequence[str] = (),
    places: Sequence[str | os.PathLike[str]] = (),
) -> list[str]:
    """`python -P -m prefdata COMMAND --option=value ... -- PLACE ...`

    `-P` keeps modules in the working directory from being imported. `arguments` come after the
    options, and so override them.

    >>> command_line("python3", "build", {"out": "o", "force": True, "test": None}, (), ["-x.csv"])
    ['python3', '-P', '-m', 'prefdata', 'build', '--out=o', '--force', '--', '-x.csv']
    """
    line = [python, "-P", "-m", "prefdata", command]
    for name, value in options.items():
        line += _option(f"--{name.replace('_', '-')}", value)
    return [*line, *arguments, "--", *(os.fspath(place) for place in places)]


def _option(name: str, value: Value) -> list[str]:
    if value is None or value is False or value == "":
        return []
    if value is True:
        return [name]
    if isinstance(value, (str, int, float, os.PathLike)):
        return [f"{name}={value if not isinstance(value, os.PathLike) else os.fspath(value)}"]
    return [f"{name}={os.fspath(one)}" for one in value if one != ""]


def switch(value: bool | str | None) -> bool:
    """A flag, or the text that a template rendered for one, as a bool.

    Raises ValueError for any other text.


    >>> switch(True), switch("True"), switch(""), switch(None)
    (True, True, False, False)
    """
    if not isinstance(value, str):
        return bool(value)
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    known |= {"": False, "none": False}
    try:
        return known[value.strip().lower()]
    except KeyError:
        raise ValueError(f"{value!r} is neither true nor false") from None


def several(value: Value) -> list[str]:
    """One place or several, as a list; texts that a template rendered empty are left out.

    >>> several("a.jsonl"), several(["a", "b"]), several("")
    (['a.jsonl'], ['a', 'b'], [])
    """
    if value is None or isinstance(value, (bool, int, float)):
        return []
    if isinstance(value, (str, os.PathLike)):
        value = [value]
    return [os.fspath(one) for one in value if one != ""]


def may_pass(code: int) -> bool:
    """Whether the same command may succeed later: not if the data, the run or the call was wrong.

    >>> [may_pass(code) for code in (1, 2, 75, 137)]
    [False, False, True, True]
    """
    return code not in _FOR_GOOD


def meaning(code: int) -> str:
    """What an exit code means, as part of a sentence.

    >>> meaning(75), meaning(137)
    ('try again later', 'it was killed by signal 9: perhaps out of memory')
    """
    if code == KILLED:
        return "it was killed by signal 9: perhaps out of memory"
    if code > 128:
        return f"it was ended by signal {code - 128}"
    return _MEANINGS.get(code, "it ended unexpectedly")


def environment(inherited: Mapping[str, str], added: Mapping[str, str] | None) -> dict[str, str]:
    """The environment of a command: `inherited` without Airflow's settings (secrets), plus `added`.

    >>> environment({"PATH": "/bin", "AIRFLOW__CORE__FERNET_KEY": "s"}, {"HF_HOME": "/hf"})
    {'PATH': '/bin', 'HF_HOME': '/hf'}
    """
    own = ("AIRFLOW_", "_AIRFLOW_")
    kept = {name: value for name, value in inherited.items() if not name.startswith(own)}
    return kept | dict(added or {})


def shown(line: Sequence[str]) -> str:
    """A command line for a log, with user and password in URLs replaced by `***`.

    >>> shown(["prefdata", "push", "OUT", "ftp://ada:secret@host/data"])
    "prefdata push OUT 'ftp://***@host/data'"
    >>> shown(["prefdata", "push", "OUT", "hf://datasets/acme/pairs@v2"])
    'prefdata push OUT hf://datasets/acme/pairs@v2'
    """
    return shlex.join(_CREDENTIALS.sub("***@", part) for part in line)
