"""Worker processes start wherever they are wanted: in a script, in a thread, in an event loop."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = """
rows = [
    {"prompt": f"What is {n} + 1?", "chosen": f"It is {n + 1}.", "rejected": "I cannot say."}
    for n in range(4000)
]
"""
SCRIPT = f"""
import json, os, sys
import prefdata
{ROWS}
print("run by", os.getpid())
config = {{"read": {{"segment_mib": 1}}}}
print(json.dumps(prefdata.build(rows, out=sys.argv[1], workers=2, force=True).counts.kept))
"""
THREADS = f"""
import asyncio, json, sys, threading
import prefdata
{ROWS}
def built(name):
    return prefdata.build(rows, out=f"{{sys.argv[1]}}-{{name}}", workers=2).counts.kept

async def both():
    return await asyncio.gather(*(asyncio.to_thread(built, name) for name in "ab"))

kept = asyncio.run(both())
thread = threading.Thread(target=lambda: kept.append(built("c")))
thread.start()
thread.join()
print(json.dumps(kept))
"""
OWN_POOL = """
import multiprocessing, sys
import prefdata

def double(number):
    return 2 * number

if __name__ == "__main__":
    rows = [{"prompt": f"Q{n}", "chosen": f"A{n}", "rejected": f"B{n}"} for n in range(40)]
    prefdata.build(rows * 100, out=sys.argv[1], workers=2)
    with multiprocessing.get_context("forkserver").Pool(2) as pool:
        print(pool.map(double, [1, 2]))
"""


def ran(script: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """A script, run as a file: so it has a path that workers could run again."""
    file = tmp_path / "script.py"
    file.write_text(script)
    command = [sys.executable, str(file), str(tmp_path / "out")]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_a_script_needs_no_main_guard_and_is_run_once(tmp_path: Path) -> None:
    done = ran(SCRIPT, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("run by") == 1
    assert json.loads(done.stdout.splitlines()[-1]) == 4000


def test_threads_and_event_loops_can_call_it_at_the_same_time(tmp_path: Path) -> None:
    done = ran(THREADS, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [4000, 4000, 4000]


def test_processes_that_a_script_starts_itself_know_what_it_defines(tmp_path: Path) -> None:
    done = ran(OWN_POOL, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[2, 4]\n", "")


@pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(), reason="there is no fork server"
)
def test_workers_started_without_a_fork_server_need_no_main_guard_either(tmp_path: Path) -> None:
    spawned = 'import multiprocessing\nmultiprocessing.get_all_start_methods = lambda: ["spawn"]\n'
    done = ran(spawned + SCRIPT, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("run by") == 1
