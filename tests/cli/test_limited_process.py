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
