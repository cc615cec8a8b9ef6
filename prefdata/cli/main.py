"""The `prefdata` command. Heavy libraries are imported by the commands that need them."""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType

import click

from prefdata.cli.audit import audit
from prefdata.cli.build import build
from prefdata.cli.card import card
from prefdata.cli.convert import convert
from prefdata.cli.dedupe import dedupe
from prefdata.cli.embed_filter import embed_filter
from prefdata.cli.explain import explain
from prefdata.cli.gate import gate
from prefdata.cli.inspect import inspect
from prefdata.cli.push import push
from prefdata.cli.rules import rules
from prefdata.cli.schema import schema
from prefdata.cli.score import score
from prefdata.cli.show.lines import clean
from prefdata.cli.train import train
from prefdata.cli.validate import validate
from prefdata.cli.verify import verify
from prefdata.errors import PrefdataError, TransientError, UsageError
from prefdata.startup import is_first_process, leave_pandas_asleep, share_cores
from prefdata.version import __version__

GOOD, FAILED, USAGE, AGAIN, INTERRUPTED, TERMINATED = 0, 1, 2, 75, 130, 143

_FIRST_SPEAKS = 5.0
"""Seconds in which torchrun ends the other processes, once the first has said what is wrong."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="prefdata")
def cli() -> None:
    """Preference data you can prove is sound: every row is accounted for.

    Exit codes: 0 good, 1 the data or the run failed, 2 the command was used wrongly, 75 try again
    later, 130 stopped by Ctrl-C, 143 stopped by SIGTERM.
    """


for command in (
    inspect, validate, build, dedupe, embed_filter, train, score, audit, gate, verify, explain,
    card, push, convert, rules, schema,
):  # fmt: skip
    cli.add_command(command)


def run(arguments: list[str] | None = None) -> None:
    """The entry point: runs a command and ends the process with its exit code."""
    share_cores()
    leave_pandas_asleep()
    end_when_told()
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    """The one place where errors become exit codes and one message on stderr."""
    try:
        result = cli.main(args=arguments, prog_name="prefdata", standalone_mode=False)
        return result if isinstance(result, int) else GOOD
    except click.ClickException as error:
        _let_the_first_speak()
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, Terminated) as stop:
        _let_the_first_speak()
        left = _notes(stop) or "Nothing half-made is left"
        click.echo(f"Stopped. {clean(left)}; the same command resumes.", err=True)
        return TERMINATED if isinstance(stop, Terminated) else INTERRUPTED
    except PrefdataError as error:
        _let_the_first_speak()
        click.echo(f"Error: {error}", err=True)
        if left := _notes(error):
            click.echo(f"{clean(left)}; the same command resumes.", err=True)
        return _exit_code(error)
    except BrokenPipeError:  # `prefdata rules | head`
        sys.stderr.close()
        return GOOD


def _notes(error: BaseException) -> str:
    """What is said of the state that it left behind; click puts its own in place of some."""
    own: list[str] = getattr(error, "__notes__", [])
    before: list[str] = getattr(error.__cause__, "__notes__", [])
    return "; ".join(own or before)


def _exit_code(error: PrefdataError) -> int:
    if isinstance(error, UsageError):
        return USAGE
    return AGAIN if isinstance(error, TransientError) else FAILED


def _let_the_first_speak() -> None:
    """Of several processes that fail alike one says so; what befell this one alone, it says."""
    if not is_first_process():
        time.sleep(_FIRST_SPEAKS)


_AGAIN = 1.0
"""Seconds in which further signals are taken for the same one: to the group, and to its leader."""


class Terminated(BaseException):
    """Somebody asks this process to end; what is under way is cleaned up on the way out."""


def end_when_told() -> None:
    """Raises `Terminated` in the main thread on SIGTERM, unless it is ignored or taken already."""
    if threading.current_thread() is not threading.main_thread():  # only that one may ask
        return
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return
    told = -_AGAIN

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal told
        before, told = told, time.monotonic()
        if told - before >= _AGAIN:
            raise Terminated

    signal.signal(signal.SIGTERM, end)


if __name__ == "__main__":
    run()
