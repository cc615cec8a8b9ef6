"""What is measured against what: the contenders, the cases, and the targets they are held to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from generate import Facts, facts_path, generate
from measure import Cost

MB = 10**6
PEERS = Path(__file__).parent / "peers"
COPIES = 0.02  # share of exact copies in what is built, so that dropping them is part of the work

Command = Callable[[Path, Path], list[str]]
RowsOf = Callable[[Cost, Path], int | None]


@dataclass(frozen=True)
class Contender:
    """One program that is measured: its command for an input and a scratch folder, and how to
    learn from its run how many rows it ended with."""

    name: str
    command: Command
    rows: RowsOf
    is_ours: bool = False


@dataclass(frozen=True)
class Input:
    """A generated file and what is in it."""

    path: Path
    rows: int
    copies: int

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return self.path.stat().st_size


@dataclass(frozen=True)
class Case:
    """Contenders that run by turns on one input; `rows` is what each must end with.

    `speed` names how many times as fast as a peer prefdata must be; `memory` bounds its peak.
    """

    name: str
    input: Input
    rows: int
    contenders: tuple[Contender, ...]
    runs: int
    speed: dict[str, float] = field(default_factory=dict)
    memory: int | None = None


def prefdata_validate(prefdata: list[str]) -> Contender:
    """`prefdata validate`, every rule at its default level."""

    def command(path: Path, scratch: Path) -> list[str]:
        return [*prefdata, "validate", str(path), "--json", "--quiet"]

    def read(cost: Cost, scratch: Path) -> int | None:
        return int(json.loads(cost.stdout)["rows"])

    return Contender("prefdata validate", command, read, is_ours=True)


def prefdata_build(prefdata: list[str]) -> Contender:
    """`prefdata build` to Arrow shards, everything at its default."""

    def command(path: Path, scratch: Path) -> list[str]:
        return [*prefdata, "build", str(path), "--out", str(scratch / "out"), "--quiet"]

    def kept(cost: Cost, scratch: Path) -> int:
        manifest = json.loads((scratch / "out" / "manifest.json").read_text(encoding="utf-8"))
        return int(manifest["counts"]["kept"])

    return Contender("prefdata build", command, kept, is_ours=True)


def peer(name: str, script: str, python: Path) -> Contender:
    """A script of `peers/`: input, fresh cache, output folder; its last line says its rows."""

    def command(path: Path, scratch: Path) -> list[str]:
        places = [str(path), str(scratch / "cache"), str(scratch / "out")]
        return [str(python), str(PEERS / script), *places]

    return Contender(name, command, lambda cost, _: int(own_account(cost)["rows"]))


def own_account(cost: Cost) -> dict[str, float]:
    """What a peer's script printed: its rows, and its seconds once everything was imported."""
    lines = cost.stdout.strip().splitlines()
    told = bool(lines) and lines[-1].startswith("{")
    account: dict[str, float] = json.loads(lines[-1]) if told else {}
    return account


def inputs(work: Path, label: str, bytes_: int, suffixes: tuple[str, ...]) -> dict[str, Input]:
    """Clean files, one for each suffix, and JSON Lines with copies; written if absent."""
    clean = [work / f"pairs-{label}{suffix}" for suffix in suffixes]
    copies = work / f"pairs-{label}-copies.jsonl"
    facts = _generated(clean, bytes_, 0.0)
    repeated = _generated([copies], bytes_, COPIES)
    found = {path.suffix: Input(path, facts.rows, facts.copies) for path in clean}
    return found | {"copies": Input(copies, repeated.rows, repeated.copies)}


def _generated(paths: list[Path], bytes_: int, duplicates: float) -> Facts:
    there = facts_path(paths[0])
    if not there.exists() or not all(path.exists() for path in paths):
        return generate(paths, enough_bytes=bytes_, enough_rows=None, duplicates=duplicates)
    return Facts(**json.loads(there.read_text(encoding="utf-8")))


def side_by_side(
    files: dict[str, Input], prefdata: list[str], python: Path, runs: int
) -> list[Case]:
    """Every comparison that the targets speak of, and its counterparts in other containers."""
    load = peer("datasets load", "datasets_load.py", python)
    parse = peer("polars read", "polars_read.py", python)
    unique = peer("datasets load, unique, save", "datasets_build.py", python)
    validate, build = prefdata_validate(prefdata), prefdata_build(prefdata)
    asked = {".jsonl": {load.name: 1.5, parse.name: 0.7}}
    cases = [
        Case(
            f"validate {suffix[1:]}",
            files[suffix],
            files[suffix].rows,
            (validate, load, parse),
            runs,
            speed=asked.get(suffix, {}),
            memory=600 * MB,
        )
        for suffix in (".jsonl", ".json", ".csv")
    ]
    copies = files["copies"]
    kept = copies.rows - copies.copies
    cases.append(
        Case(
            "build jsonl",
            copies,
            kept,
            (build, unique),
            runs,
            speed={unique.name: 1.5},
            memory=1000 * MB,
        )
    )
    return cases


def at_scale(files: dict[str, Input], prefdata: list[str]) -> list[Case]:
    """The same work on a larger input, once, for its memory."""
    clean, copies = files[".jsonl"], files["copies"]
    kept = copies.rows - copies.copies
    validate, build = prefdata_validate(prefdata), prefdata_build(prefdata)
    return [
        Case("validate jsonl, large", clean, clean.rows, (validate,), 1, memory=600 * MB),
        Case("build jsonl, large", copies, kept, (build,), 1, memory=1000 * MB),
    ]
