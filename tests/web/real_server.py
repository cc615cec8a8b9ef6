"""The pages of a campaign, served by a process of its own; it may be killed at any moment.

python -m tests.web.real_server PROJECT --port 8200 [--log] [--public-url URL]
"""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import click

from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.web.annotate.serving import serve
from prefdata.web.app.site import Site

ROOT = Path(__file__).parents[2]


@dataclass
class RealServer:
    """A server process on a port that stays the same, however often it is started."""

    project: Path
    options: tuple[str, ...] = ()
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> RealServer:
        """Starts it, and waits until requests are taken."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.web.real_server", str(self.project)),
                *("--port", str(self.port), *self.options),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready"), line + self.process.stdout.read()
        return self

    def kill(self) -> None:
        """Ends it at once, as a loss of power would."""
        self._end(signal.SIGKILL)

    def stop(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Asks it to end; returns its exit code, and what it said since it was ready."""
        return self._end(number)

    def _end(self, number: int) -> tuple[int, str]:
        assert self.process is not None
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=60)
        return self.process.returncode, said

    def __enter__(self) -> RealServer:
        return self.start()

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                _, said = self._end(signal.SIGKILL)
                if error is not None:
                    print(f"the server said: {said}")  # noqa: T201  beside the test that failed

    def cpu_seconds(self) -> float:
        """Processor time that the process has used."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def most_memory(self) -> int:
        """Bytes of memory that it has had at most."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index]


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@click.command()
@click.argument("project")
@click.option("--port", default=0)
@click.option("--log", is_flag=True)
@click.option("--public-url")
def main(project: str, port: int, log: bool, public_url: str | None) -> None:
    """Serve a campaign, as the command does."""
    logging.basicConfig(level=logging.INFO if log else logging.WARNING, format="%(message)s")

    def ready(site: Site) -> None:
        click.echo(f"ready {site.url}")

    serve(Campaign.open(project), port=port, public_url=public_url, on_ready=ready)


if __name__ == "__main__":
    from prefdata.startup import Terminated, end_when_told, leave_pandas_asleep

    leave_pandas_asleep()
    end_when_told()
    try:
        main(standalone_mode=False)
    except Terminated:
        sys.exit(143)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
