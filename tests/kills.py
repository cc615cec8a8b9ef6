"""Builds that are killed, and builds whose disk fills up, resumed: they end with the same bytes.

    python -m tests.kills --kills 100 --seed 0
    unshare --map-root-user --mount python -m tests.kills --kills 0 --disk

All steps are on. Runs are killed (SIGKILL) step by step at a random moment of each, and at any
moment at all; between two kills a run resumes. With `--disk` the disk, a small one of its own, is
filled up at the beginning of each step, and emptied when the run has ended.
"""

from __future__ import annotations

import errno
import json
import os
import random
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig
from prefdata.errors import PrefdataError
from prefdata.pipeline.build import build
from prefdata.pipeline.train import train
from prefdata.pipeline.verify import verify
from tests.pipeline.judged_pairs import TURNED, pairs

SOUND, FAILED, BROKEN = 0, 1, 3
"""How a run ends: with an output, with an error by prefdata, or in any other way."""

_DISK_BYTES = 64 << 20


@dataclass(frozen=True)
class Setting:
    """Sources and a config with every step on, in a folder of their own."""

    place: Path
    sources: tuple[Path, ...]
    config: BuildConfig

    def start(self, out: Path) -> Run:
        """Starts a build in a process of its own: a fork, which need not import anything."""
        reading, writing = os.pipe()
        process = forked(lambda: self._build(out, writing))
        os.close(writing)
        return Run(process, reading)

    def _build(self, out: Path, progress: int) -> int:
        def report(step: str, done: int, total: int) -> None:
            os.write(progress, f"{step}\n".encode())

        try:
            build(self.sources, out=out, config=self.config, workers=1, report=report)
        except PrefdataError as error:
            os.write(progress, f"!{type(error).__name__}: {error}\n".encode())
            return FAILED
        except BaseException as error:  # noqa: BLE001 - it is told, and the process ends
            os.write(progress, f"!{error!r}\n".encode())
            return BROKEN
        return SOUND


@dataclass
class Run:
    """A build at work: the steps it reports, and when; `error`: what it said when it failed."""

    process: int
    progress: int
    seen: list[tuple[str, float]] = field(default_factory=list)
    error: str = ""
    code: int | None = None
    _rest: bytes = b""

    def steps(self) -> Iterator[str]:
        """The steps as they are reported, until the run ends."""
        while chunk := os.read(self.progress, 1 << 16):
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                text = line.decode("utf-8", "replace")
                if text.startswith("!"):
                    self.error = text[1:]
                    continue
                self.seen.append((text, time.monotonic()))
                yield text

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process, signal.SIGKILL)

    def wait(self) -> int:
        """Waits for the end; returns one of the codes, or minus the signal that ended it."""
        for _ in self.steps():
            pass
        os.close(self.progress)
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        return self.code

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends by itself before so many seconds have passed."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.progress], [], [], left)[0]:
                chunk = os.read(self.progress, 1 << 16)
                if not chunk:
                    return True
                self._rest += chunk
        return False


def forked(work: Callable[[], int]) -> int:
    """Starts `work` in a copy of this process, which exits with what it returns.

    Nothing that starts threads may run in this process itself: a copy would wait for them.
    """
    process = os.fork()
    if process:
        return process
    code = BROKEN
    try:
        os.setsid()
        code = work()
    finally:
        os._exit(code)


def apart(work: Callable[[], object]) -> None:
    """Does `work` in a process of its own, and waits; it returns what is false if all is well."""
    ended = os.waitpid(forked(lambda: BROKEN if work() else SOUND), 0)[1]
    assert os.waitstatus_to_exitcode(ended) == SOUND


def setting(place: Path) -> Setting:
    """Rows with all that steps look for, an evaluation set, decisions, and a reward model."""
    place.mkdir(parents=True, exist_ok=True)
    rows: list[Any] = ["{broken", *pairs(120, TURNED)]
    rows += [rows[5], {**rows[7], "prompt": rows[7]["prompt"].upper()}]
    rows.append({**rows[9], "chosen": rows[9]["rejected"], "rejected": rows[9]["chosen"]})
    one, other = place / "one.jsonl", place / "other.jsonl"
    for path, part in ((one, rows[:70]), (other, rows[70:])):
        lines = [row if isinstance(row, str) else json.dumps(row) for row in part]
        path.write_text("\n".join(lines))
    (place / "eval.jsonl").write_text(json.dumps({"prompt": rows[20]["prompt"]}))
    decisions = [f"{one},{row},{word}" for row, word in ((11, "keep"), (13, "drop"), (15, "flip"))]
    (place / "decisions.csv").write_text("\n".join(["source,source_row,decision", *decisions]))
    encoder = {"name": "ngrams", "cache": str(place / "cache")}
    head = {"encoder": encoder, "reward": {"head": {"members": 2}}}
    if not (place / "model").exists():
        apart(lambda: train_head([one, other], place / "model", config_of(head)))
    flags = dict.fromkeys(("contrast", "topic", "outliers", "against", "similar"))
    config = {
        "encoder": encoder,
        "against": {"files": [str(place / "eval.jsonl")]},
        "near": {"action": "drop"},
        "split": {"test": 0.2, "validation": 0.1},
        "semantic": {name: {"action": "flag"} for name in flags}
        | {"like": {"drop": [str(place / "eval.jsonl")], "action": "flag"}},
        "reward": {"filter": {"model": str(place / "model"), "action": "flag"}},
        "audit": {
            "run": True,
            "action": "flag",
            "folds": 3,
            "repeats": 1,
            "self_test": {"copies": 1},
            "review": {"decisions": str(place / "decisions.csv"), "flips": "flip"},
        },
    }
    return Setting(place, (one, other), config_of(config))


def train_head(sources: list[Path], out: Path, config: BuildConfig) -> None:
    train(sources, out=out, config=config, workers=1)


def files_of(out: Path) -> dict[str, str]:
    """Path to checksum of everything in a folder."""
    return {
        path.relative_to(out).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


@dataclass
class Trials:
    """Runs of one setting that are disturbed, and compared with one that was not."""

    of: Setting
    draw: random.Random
    expected: dict[str, str] = field(default_factory=dict)
    begins: dict[str, float] = field(default_factory=dict)
    """Step to the seconds after which it began, in the order of the steps."""
    seconds: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)

    def undisturbed(self) -> None:
        """Builds without a disturbance, twice: the first fills the cache of embeddings."""
        for name in ("first", "undisturbed"):
            out, began = self.of.place / name, time.monotonic()
            run = self.of.start(out)
            if run.wait() != SOUND:
                raise AssertionError(run.error)
            self.begins = {}
            for step, at in run.seen:
                self.begins.setdefault(step, at - began)
            self.seconds = time.monotonic() - began
        self.expected = files_of(self.of.place / "undisturbed")
        apart(lambda: verify(self.of.place / "undisturbed").problems)

    def lasts(self, step: str) -> float:
        """The seconds from the beginning of a step to that of the next, or to the end."""
        later = [at for at in self.begins.values() if at > self.begins[step]]
        return min(later, default=self.seconds) - self.begins[step]

    def chain(self, most: int) -> int:
        """Kills runs of one output, at most so many, each later than before; returns how many."""
        out, done = self.of.place / "killed", 0
        names = list(self.begins)
        chosen = self.draw.sample(range(len(names)), min(most, self.draw.randint(1, 5), len(names)))
        for place in sorted(chosen):
            done += self._killed_in(out, names[place])
            self._refuse_half(out)
            if out.exists():
                break
        self._resumed(out)
        return done

    def at_any_moment(self) -> int:
        """Kills a run of a new output at a random moment; returns how many were killed: 0 or 1."""
        out = self.of.place / "killed"
        run = self.of.start(out)
        killed = not run.ends_within(self.draw.uniform(0, self.seconds))
        if killed:
            run.kill()
        killed = run.wait() == -signal.SIGKILL
        self.kills["(any moment)"] += killed
        self._refuse_half(out)
        self._resumed(out)
        return int(killed)

    def _killed_in(self, out: Path, step: str) -> int:
        run = self.of.start(out)
        for seen in run.steps():
            if seen == step:
                run.ends_within(self.draw.uniform(0, self.lasts(step)))
                run.kill()
                break
        killed = run.wait() == -signal.SIGKILL
        self.kills[step] += killed
        assert killed or run.code == SOUND, run.error
        return int(killed)

    def disk_full(self, step: str) -> str:
        """Fills the disk up as a step begins; returns what the run said, "" if it needed none."""
        out, filler = self.of.place / "full", self.of.place / "filler"
        run = self.of.start(out)
        for seen in run.steps():
            if seen == step:
                fill_up(filler)
                break
        code = run.wait()
        filler.unlink(missing_ok=True)
        assert code in (SOUND, FAILED), f"{step}: {run.error}"
        assert code == SOUND or "disk is full" in run.error, f"{step}: {run.error}"
        assert code == SOUND or not out.exists(), f"{step}: half an output is there"
        self._resumed(out)
        return run.error

    def _refuse_half(self, out: Path) -> None:
        """An output that is there after a kill is whole."""
        if out.exists():
            assert files_of(out) == self.expected, "half an output is there"

    def _resumed(self, out: Path) -> None:
        if not out.exists():
            run = self.of.start(out)
            assert run.wait() == SOUND, run.error
        now = files_of(out)
        different = {
            path for path in {*now, *self.expected} if now.get(path) != self.expected.get(path)
        }
        assert not different, f"other bytes: {sorted(different)}"
        left = [path.name for path in out.parent.glob(f".{out.name}*")]
        assert left in ([], [f".{out.name}.prefdata"]), f"left behind: {left}"
        shutil.rmtree(out)
        for name in left:  # a run that was killed when all else was done
            shutil.rmtree(out.parent / name)


def fill_up(filler: Path) -> None:
    """Writes a file until the disk is full."""
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def kill_trials(place: Path, kills: int, seed: int) -> Counter[str]:
    """Kills so many runs in all; returns how many were killed in which step."""
    trials = Trials(setting(place), random.Random(seed))
    trials.undisturbed()
    done = 0
    while done < kills:
        one_of_four = trials.draw.random() < 0.25
        done += trials.at_any_moment() if one_of_four else trials.chain(kills - done)
        click.echo(f"{done} of {kills} killed", err=True)
    return trials.kills


def disk_trials(place: Path, seed: int, *, most: int | None = None) -> dict[str, str]:
    """Fills the disk in each step, or in `most` of them; returns what runs said, by step."""
    trials = Trials(setting(place), random.Random(seed))
    trials.undisturbed()
    steps = list(trials.begins)
    if most is not None:
        steps = sorted(trials.draw.sample(steps, most), key=steps.index)
    said = {}
    for step in steps:
        said[step] = trials.disk_full(step)
        click.echo(f"{step}: {said[step] or 'needed no more space'}")
    return said


@click.command()
@click.option("--kills", default=100, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--disk", is_flag=True, help="Fill the disk in each step; needs to mount one.")
@click.option("--steps", type=int, help="Fill it in so many steps only, drawn at random.")
def main(kills: int, seed: int, disk: bool, steps: int | None) -> None:
    """Kill builds, and fill their disk; each is resumed, and compared byte for byte."""
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        if kills:
            began = time.monotonic()
            for step, times in kill_trials(Path(folder, "kills"), kills, seed).items():
                click.echo(f"{times:4} killed in {step}")
            click.echo(f"All ended with the same bytes, in {time.monotonic() - began:.0f} s.")
        if disk:
            place = Path(folder, "disk")
            place.mkdir()
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", place], check=True
            )
            try:
                disk_trials(place, seed, most=steps)
                click.echo("All ended with the same bytes once there was space again.")
            finally:
                subprocess.run(["umount", "--lazy", place], check=False)


if __name__ == "__main__":
    main()
