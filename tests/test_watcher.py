"""Commands that are told to end within one long call: real processes, really signalled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prefdata.io.files.lock import lock_folder
from tests.cli.test_termination import alive, descendants, until

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")

BUSY = """
import hashlib, re, subprocess, sys
from pathlib import Path
from prefdata.startup import end_when_told, Terminated
end_when_told()
from prefdata.io.files.lock import lock_folder
with lock_folder(Path(sys.argv[1])):
    subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print("busy", flush=True)
    try:
        {call}
    except Terminated:
        {after}
"""
PARTS = {"version": "1.0", "added_tokens": []} | dict.fromkeys(
    ("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder")
)
"""What a tokenizer.json has to name besides its model."""

KEEPS = "sum(__import__('itertools').repeat(1))"
"""A call that lets no other thread run meanwhile."""
SHARES = "hashlib.pbkdf2_hmac('sha256', b'', b'', 10 ** 9)"
"""A call that does."""
LISTENS = "__import__('time').sleep(600)"


def started(folder: Path, call: str, after: str = "sys.exit(143)") -> subprocess.Popen[str]:
    program = BUSY.format(call=call, after=after)
    running = subprocess.Popen(
        [sys.executable, "-c", program, str(folder / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "busy\n"
    return running


@pytest.mark.parametrize(
    ("call", "code"),
    [(KEEPS, -signal.SIGKILL), (SHARES, 143), (LISTENS, 143)],
    ids=["keeps threads waiting", "lets threads run", "listens"],
)
def test_a_long_call_ends_within_seconds(call: str, code: int, tmp_path: Path) -> None:
    running = started(tmp_path, call)
    others = descendants(running.pid)
    begin = time.monotonic()
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    assert running.returncode == code
    assert time.monotonic() - begin < 30
    sleeper = {pid for pid in alive(others) if b"sleep" in _command(pid)}
    for pid in sleeper:  # a command that ends by itself ends its own
        os.kill(pid, signal.SIGKILL)
    assert not sleeper or call == LISTENS
    assert until(lambda: not alive(others), 5)
    with lock_folder(tmp_path / "out"):
        pass


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def test_who_has_noticed_has_more_time_to_clean_up(tmp_path: Path) -> None:
    running = started(tmp_path, LISTENS, "__import__('time').sleep(8); sys.exit(0)")
    others = descendants(running.pid)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    assert running.returncode == 0
    for pid in alive(others):
        os.kill(pid, signal.SIGKILL)


def test_the_watcher_ends_with_the_command(tmp_path: Path) -> None:
    running = started(tmp_path, LISTENS)
    [*others] = descendants(running.pid)
    assert len(others) == 2
    running.kill()
    running.communicate(timeout=20)
    assert until(lambda: all(b"sleep" in _command(pid) for pid in alive({*others})), 5)
    for pid in alive({*others}):
        os.kill(pid, signal.SIGKILL)


def test_a_run_within_a_template_ends_at_once(tmp_path: Path) -> None:
    tokenizer = tmp_path / "endless"
    tokenizer.mkdir()
    model = {"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"}
    (tokenizer / "tokenizer.json").write_text(json.dumps({**PARTS, "model": model}))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "chat_template": "{{ 10 ** (100000000 + messages | length) }}",
    }
    (tokenizer / "tokenizer_config.json").write_text(json.dumps(settings))
    row = {"prompt": "Is it so?", "chosen": "It is.", "rejected": "No."}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    command = [sys.executable, "-m", "prefdata", "build", str(tmp_path / "a.jsonl"), "--quiet"]
    command += ["--tokenizer", str(tokenizer), "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        templates = lambda: [  # noqa: E731
            pid for pid in descendants(running.pid) if b"template_child" in _command(pid)
        ]
        assert until(templates, 60)
        others = descendants(running.pid)
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=30)
    assert (running.returncode, said.strip()[:8]) == (143, "Stopped.")
    assert until(lambda: not alive(others), 10)
    assert not (tmp_path / "out").exists()
