"""The `prefdata` command: finds sub-commands by name, and turns errors into exit codes.

The module of a command is imported when the command is called, so that `prefdata --help` imports
no library but click.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from prefdata.cli.languages.wanted import KEY, LANGUAGES, HelpContext
from prefdata.cli.process.streams import prepare_streams, silence
from prefdata.credentials import text_without_credentials
from prefdata.errors import (
    OutputError,
    PrefdataError,
    TransientError,
    UsageError,
    told_in_shell,
)
from prefdata.foreign_errors import cause_and_remedy, memory_limit, our_error_for, printable
from prefdata.startup import (
    Terminated,
    end_when_told,
    is_first_process,
    leave_pandas_asleep,
    load_numba_alone,
    load_when_used,
    share_cores,
)
from prefdata.version import __version__

GOOD, FAILED, USAGE, AGAIN, INTERRUPTED, TERMINATED = 0, 1, 2, 75, 130, 143

COMMANDS = {
    "inspect": "Show what is in preference files: dialect, label direction, counts, texts, rows.",
    "validate": "Check preference files row by row, and list what is wrong.",
    "collect": "Collect completions from language models, to be judged by people or models.",
    "judge": "Judge completions with a language model, and measure how reliable it is.",
    "annotate": "Let people judge completions in the browser; build reads their votes.",
    "agreement": "Measure how well judges agree, and how each of them judges.",
    "build": "Build a dataset from preference files, with every row accounted for.",
    "dedupe": "Drop exact duplicates, near-duplicates and contradictory labels, with reasons.",
    "embed-filter": (
        "Apply semantic filters: no contrast, off-topic, same meaning, like an evaluation set."
    ),
    "train": "Train a reward model on preference pairs, and measure it on held-out pairs.",
    "score": "Compute the rewards of every pair with a reward model.",
    "audit": "Audit the labels: score each label out-of-fold, and list those that look wrong.",
    "gate": "Decide from its audit whether an output folder may be published.",
    "verify": "Check an output folder: checksums, row counts, and that every row is accounted for.",
    "diff": "Compare two builds: rows that came, went, or changed verdict, split or label.",
    "explain": "Show what happened to a row of a build, and why, with the evidence and the text.",
    "card": "Write the dataset card of an output folder (OUT/README.md) again.",
    "push": "Publish an output folder: check it before, and read it back afterwards.",
    "convert": "Convert preference pairs to another format; rows keep their order.",
    "rules": "List every rule: its code, its level, what it finds and how to fix it.",
    "schema": "Print the JSON Schema of a file that prefdata reads or writes.",
}
"""Every command and the first line of its help; `NAME` is in the module `prefdata.cli.NAME`, or in
that of the room it has in `_ROOMS`."""

_ROOMS = dict.fromkeys(("collect", "judge", "annotate", "agreement"), "judgements.")

_FIRST_PROCESS_SECONDS = 5.0
"""Seconds that the other ranks wait on an error: rank 0 prints it, and torchrun ends the others."""


class _Commands(click.Group):
    """Lists commands from `COMMANDS`, and imports one when it is asked for by its name."""

    context_class = HelpContext

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # known before any option acts, so that --lang may stand behind --help
        given, *_ = self.make_parser(ctx).parse_args([*args])
        if given.get("lang") in LANGUAGES:
            ctx.meta[KEY] = given["lang"]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(
            import_module(f"prefdata.cli.{_ROOMS.get(name, '')}{name}"), name
        )
        command.context_class = HelpContext
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # a plain group lists the placeholder commands, with their help lines, and imports nothing
        click.Group(commands=self.commands).format_commands(ctx, formatter)


@click.group(
    cls=_Commands,
    commands={name: click.Command(name, help=line) for name, line in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="prefdata")
@click.option(
    "--lang", type=click.Choice(LANGUAGES), is_eager=True, expose_value=False,
    help="Language of the help: en (English) or zh (中文). By default that of the environment: "
    "LC_ALL, LC_MESSAGES or LANG.",
)  # fmt: skip
def cli() -> None:
    """Turn preference judgements into a dataset that can be proved sound.

    Exit codes: 0 success, 1 the data or the run failed, 2 wrong use of the command, 75 temporary
    failure (try again later), 130 stopped by Ctrl-C, 143 stopped by SIGTERM.
    """


def run(arguments: list[str] | None = None) -> NoReturn:
    """The entry point: runs a command and ends the process with its exit code."""
    prepare_streams()
    share_cores()
    leave_pandas_asleep()
    load_numba_alone()
    load_when_used("polars")
    if (limit := memory_limit()) is None:
        _end(_ended(arguments))
    from prefdata.cli.process.limited import within

    _end(within(limit, lambda: _ended(arguments)))


def _ended(arguments: list[str] | None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if not COMMANDS.keys().isdisjoint(given):  # `prefdata --help` needs no watcher
        end_when_told()
    code = exit_code_of(arguments)
    try:
        sys.stderr.flush()
    except OSError:  # Python would try again, and end with a code of its own
        silence(2)
    return code


def _end(code: int) -> NoReturn:
    """Ends the process after what is registered for its end.

    Python would first take apart all that is in memory, for a tenth of a second and more. It does
    so only if threads are left to wait for; not after Ctrl-C, which it remembers as unhandled if it
    came within code that a library makes with exec(), and would kill itself by SIGINT.
    """
    me = threading.current_thread()
    is_busy = any(not each.daemon for each in threading.enumerate() if each is not me)
    if is_busy and code != INTERRUPTED:
        sys.exit(code)
    from atexit import _run_exitfuncs

    with suppress(OSError):
        sys.stdout.flush()
    _run_exitfuncs()
    os._exit(code)


@told_in_shell()
def exit_code_of(arguments: list[str] | None) -> int:
    """Runs a command, by default that of the command line; returns its exit code.

    The one place that turns errors into exit codes and a message on stderr.
    """
    try:
        _refuse_without_folder()
        result = cli.main(args=arguments, prog_name="prefdata", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else GOOD
    except click.ClickException as error:
        _wait_for_first_process()
        vars(error)["message"] = text_without_credentials(error.message)
        if isinstance(error, click.NoSuchOption):
            vars(error)["possibilities"] = _likely(error)
        with suppress(OSError):  # nobody can be told
            error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, Terminated) as stop:
        _wait_for_first_process()
        left = _notes(stop) or "Nothing half-made is left"
        _tell(f"Stopped. {_cleaned(left)}; the same command resumes.")
        return TERMINATED if isinstance(stop, Terminated) else INTERRUPTED
    except PrefdataError as error:
        return _told(error)
    except BrokenPipeError:  # `prefdata rules | head`
        silence(1)
        silence(2)
        return GOOD
    except OSError as error:  # those of files have left the library as errors of ours
        silence(1)
        cause, _ = cause_and_remedy(error)
        where = printable(str(error.filename)) if error.filename else "standard output"
        return _told(
            OutputError(f"cannot write to {where}: {cause}. What was written elsewhere is whole.")
        )
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  of Rust, a panic is no Exception
        from prefdata.cli.process.fault import fault_in

        return _told(our_error_for(error) or fault_in(error))


def _likely(error: click.NoSuchOption) -> list[str]:
    """The options that may be meant; click suggests any that share some letters."""
    from prefdata.config.similar_names import similar_names

    return similar_names(error.option_name, error.possibilities or ())


def _refuse_without_folder() -> None:
    """Raises UsageError in a folder that was removed, in which many a library gives up."""
    try:
        os.getcwd()  # noqa: PTH109  pathlib is not needed yet
    except OSError as error:
        raise UsageError(
            "the folder that this command was called in has been removed: change to one that is "
            "there (cd), and call it again."
        ) from error


def _told(error: PrefdataError) -> int:
    """Prints an error, and what is left behind; returns its exit code."""
    _wait_for_first_process()
    _tell(f"Error: {_cleaned(str(error))}")
    if left := _notes(error):
        _tell(f"{_cleaned(left)}; the same command resumes.")
    return _exit_code(error)


def _tell(message: str) -> None:
    with suppress(OSError):  # stderr is full or closed: nobody can be told
        click.echo(message, err=True)


def _notes(error: BaseException) -> str:
    """The notes of an error on what was left behind, or of its cause if click has replaced it."""
    own: list[str] = getattr(error, "__notes__", [])
    before: list[str] = getattr(error.__cause__, "__notes__", [])
    return "; ".join(own or before)


def _cleaned(text: str) -> str:
    """The text without what drives a terminal: names of files and texts of rows may hold it."""
    try:
        from prefdata.cli.show.lines import clean
    except (ImportError, MemoryError):  # memory has run out, which is what the text says
        return text
    return clean(text)


def _exit_code(error: PrefdataError) -> int:
    if isinstance(error, UsageError):
        return USAGE
    return AGAIN if isinstance(error, TransientError) else FAILED


def _wait_for_first_process() -> None:
    """Waits, unless this is rank 0: if all ranks fail alike, only rank 0 prints the error."""
    if not is_first_process():
        time.sleep(_FIRST_PROCESS_SECONDS)


if __name__ == "__main__":
    run()
