"""Where memory is limited, a command ends with a sentence also if no memory was left to tell it."""

from __future__ import annotations

import subprocess
import sys

import pytest


def ended(body: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a command that runs `body` within a limit."""
    script = (
        "import mmap, resource, sys\n"
        "from prefdata.cli.process.limited import within\n"
        f"def run():\n    {body}\n"
        "sys.exit(within(500 << 20, run))\n"
    )
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="memory is not limited so on Windows")
@pytest.mark.parametrize(
    "raised",
    [
        "MemoryError",
        "SystemError('returned NULL without setting an exception')",
        "ImportError('x')",
    ],
)
def test_an_error_that_could_not_be_told_is_said_to_be_for_lack_of_memory(raised: str) -> None:
    done = ended(f"raise {raised}")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("Error: memory ran out, of which this process may have 500 MB")


@pytest.mark.skipif(sys.platform == "win32", reason="memory is not limited so on Windows")
@pytest.mark.parametrize(("body", "code"), [("return 2", 2), ("raise SystemExit(75)", 75)])
def test_a_code_that_the_command_gave_is_kept(body: str, code: int) -> None:
    done = ended(body)
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.skipif(sys.platform == "win32", reason="memory is not limited so on Windows")
@pytest.mark.parametrize("code", [0, 1])
def test_a_library_that_ends_the_process_is_said_to_lack_memory(code: int) -> None:
    """As OpenBLAS does where it gets none: it calls `exit`, of which Python hears nothing."""
    done = ended(f"import os; os._exit({code})")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: memory ran out, of which this process may have 500 MB")


WITHOUT_A_PAGE = """
    resource.setrlimit(resource.RLIMIT_AS, (500 << 20, 500 << 20))
    held = []
    for size in (1 << 20, 4096):
        try:
            while True:
                held.append(mmap.mmap(-1, size))
        except (OSError, MemoryError):
            pass
    while True:
        pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells how much memory a process has")
def test_a_process_that_stays_without_a_page_of_memory_is_ended() -> None:
    done = ended(WITHOUT_A_PAGE)
    assert done.returncode == 1
    assert "memory ran out" in done.stderr


ASKING_IN_VAIN = """
    held = []
    resource.setrlimit(resource.RLIMIT_AS, (500 << 20, 500 << 20))
    try:
        while True:
            held.append(mmap.mmap(-1, 1 << 20))
    except (OSError, MemoryError):
        del held[-20:]
    {then}
"""
CIRCLE = """noise = open('/dev/urandom', 'rb', 0)
    buffer = bytearray(1 << 20)
    noise.readinto(buffer)
    while True:
        noise.readinto(buffer)"""
WORK = """import time
    done = time.monotonic() + 13
    while time.monotonic() < done:
        pass
    return 0"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells how much memory a process has")
@pytest.mark.parametrize(("then", "code"), [(CIRCLE, 1), (WORK, 0)])
def test_a_process_that_goes_round_in_the_kernel_is_ended_and_one_that_works_is_not(
    then: str, code: int
) -> None:
    done = ended(ASKING_IN_VAIN.format(then=then))
    assert (done.returncode, "memory ran out" in done.stderr) == (code, code == 1)
