"""PrefdataOperator, the base of all operators: runs a command, logs it, returns a short result.

A field that is not given is left out of the command line, so that the default of the command or of
the config applies. Every field may be a Jinja template; a path is never read as the file of one.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from prefdata.airflow import deferred
from prefdata.airflow.assets import lineage
from prefdata.airflow.child import GuardedChild
from prefdata.airflow.command import (
    Value,
    command_line,
    environment,
    may_pass,
    meaning,
    several,
    shown,
)
from prefdata.airflow.config import nested, refuse_former
from prefdata.airflow.hub import HubHook
from prefdata.airflow.results import SHORT, said
from prefdata.option_names import in_python

if TYPE_CHECKING:
    from airflow.sdk import Context

PYTHON_VARIABLE = "PREFDATA_PYTHON"
"""Environment variable of the worker: the Python for operators without the field `python`."""

Switch = bool | str
"""True or False, or a template that renders to one of these words."""


@dataclass(frozen=True)
class Ran:
    """A command that has ended: its exit code, its short result ({} if it printed none), the last
    lines that it said, and whether Airflow stopped it."""

    code: int
    result: dict[str, Any]
    last_lines: Sequence[str] = ()
    was_stopped: bool = False


class PrefdataOperator(BaseOperator):
    """Runs one command of prefdata; the operators of this package say which, and with what.

    config: what the command is to do: a mapping with the names of the YAML file, such as
        {"split": {"test": 0.1}} or {"split.test": 0.1}, or the path of such a file.
    arguments: other options of the command, as on a command line; they win over the config.
    python: the Python that runs it, with prefdata and all it needs; without it $PREFDATA_PYTHON
        of the worker, without that the Python of Airflow.
    env: environment variables besides those of the worker (less Airflow's own: they hold secrets).
    cwd: where relative paths begin.
    grace: seconds that the command has to leave in good order when the task is cleared, times
        out or dies; then it is killed.
    conn_id: connection with the token of the Hub (see HubHook), which no log, XCom or rendered
        field shows; without it HF_TOKEN of the worker.

    Returns a short dict. Raises AirflowFailException, which no retry follows, where the data, the
    run or the call failed (exit codes 1 and 2); AirflowException where a later try may succeed.
    """

    command: ClassVar[str]
    deferrable: bool = False
    template_fields: Sequence[str] = ("config", "arguments", "python", "env", "cwd", "conn_id")
    template_fields_renderers: ClassVar[dict[str, str]] = dict.fromkeys(
        ("config", "arguments", "env"), "json"
    )

    def __init__(
        self,
        *,
        config: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        arguments: Sequence[str] = (),
        python: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        grace: float = 30.0,
        conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        refuse_former(type(self).__name__, self.command, kwargs)
        super().__init__(**kwargs)
        self.config = config
        self.arguments = arguments
        self.python = python
        self.env = env
        self.cwd = cwd
        self.grace = grace
        self.conn_id = conn_id
        self._child: GuardedChild | None = None
        self._rows: int | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Runs the command, returns its short result. `context` is used for asset events only."""
        with self._config_file() as config:
            line = self._line(config)
            self.log.info("Running %s", shown(line))
            if self.deferrable:
                self._leave(line, config)
            ran = self._run(line, config)
        return self._finished(context, ran)

    def resume(self, context: Context, event: Mapping[str, Any], folder: str) -> dict[str, Any]:
        """Called when a command that was left to itself has ended; returns its short result."""
        place = Path(folder)
        if "lost" in event:
            with suppress(OSError):
                (place / deferred.STOP).touch()  # in case that it is there after all
            raise AirflowException(
                f"prefdata {self.command} was lost: {event['lost']}. Did the machine or the pod "
                "that ran it end? Another try goes on where it was."
            )
        with (place / deferred.RESULT).open("rb") as output:
            result = self._result(event["code"], output)
        ran = Ran(event["code"], result, deferred.last_lines(place))
        deferred.remove(place)
        if event.get("late"):
            raise AirflowException(
                f"prefdata {self.command} took longer than execution_timeout "
                f"({self.execution_timeout}), and was stopped."
            )
        return self._finished(context, ran)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """What is read and written; called by OpenLineage's provider, where it is installed."""
        return lineage(self.reads(), self.writes(), self.cwd, self._rows)

    def on_kill(self) -> None:
        """Called by Airflow when the task is cleared, marked or timed out."""
        if self._child is not None:
            self._child.stop()

    # Overridden by the operator of a command.

    def options(self) -> dict[str, Value]:
        """Options of the command that are not config keys: name, with `_` for `-`, to value."""
        return {}

    def places(self) -> list[str]:
        """Positional arguments of the command."""
        return []

    def reads(self) -> list[str]:
        """Datasets that it reads, for OpenLineage."""
        return self.places()

    def writes(self) -> list[str]:
        """Datasets that it writes, for OpenLineage."""
        return several(getattr(self, "out", None))

    def accepts(self, ran: Ran) -> bool:
        """Whether the task succeeds although the exit code is not 0."""
        return False

    def explains(self, result: Mapping[str, Any]) -> str:
        """Why the command failed, in a sentence, from its short result; "" if unknown."""
        return ""

    def announce(self, context: Context, result: Mapping[str, Any]) -> None:
        """Called after a success; PushOperator attaches the result to its asset events."""

    # Running the command.

    def _line(self, config: int | None) -> list[str]:
        file = f"/dev/fd/{config}" if config is not None else self._config_path()
        options = {"config": file, **self._options(), "json": True}
        arguments = several(self.arguments)
        return command_line(self._interpreter(), self.command, options, arguments, self.places())

    def _run(self, line: Sequence[str], config: int | None) -> Ran:
        self._child = GuardedChild(grace=float(self.grace))
        with tempfile.TemporaryFile() as output:  # has no name: nothing stays, however this ends
            code = self._child.run(
                line,
                env=self._environment(),
                cwd=self.cwd,
                output=output,
                say=self._say,
                keep=() if config is None else (config,),
            )
            output.seek(0)
            result = self._result(code, output)
        return Ran(code, result, [*self._child.last_lines], self._child.was_stopped)

    def _leave(self, line: Sequence[str], config: int | None) -> None:
        """Starts the command to go on alone, and has a trigger wait for its end."""
        from prefdata.airflow.waiting import EndTrigger

        folder = deferred.folder_beside(self._local_output())
        deferred.start(
            folder,
            line,
            env=self._environment(),
            cwd=self.cwd,
            grace=float(self.grace),
            keep=() if config is None else (config,),
        )
        limit = self.execution_timeout
        deadline = None if limit is None else time.time() + limit.total_seconds()
        trigger = EndTrigger(folder=str(folder), command=self.command, deadline=deadline)
        self.defer(trigger=trigger, method_name="resume", kwargs={"folder": str(folder)})

    def _local_output(self) -> str:
        """The folder that is written, beside which a command that goes on alone has its own."""
        places = [place for place in (*self.writes(), *self.places()) if "://" not in place]
        if not places:
            raise AirflowFailException(
                f"prefdata {self.command} writes no folder of its own, beside which it could go on "
                "alone: deferrable=False"
            )
        return _absolute(places[0], self.cwd)

    def _environment(self) -> dict[str, str]:
        """That of the command. A token is added here, and stands in no field of the task."""
        added = HubHook(self.conn_id).environment() if self.conn_id else {}
        return environment(os.environ, {**added, **(self.env or {})})

    def _finished(self, context: Context, ran: Ran) -> dict[str, Any]:
        if ran.code and not self.accepts(ran):
            raise self._failure(ran)
        result = self._with_absolute_out(ran.result)
        self._rows = result.get("kept")
        self.log.info("prefdata %s: %s", self.command, said(result))
        self.announce(context, result)
        return result

    def _config_path(self) -> Value:
        return None if isinstance(self.config, Mapping) else self.config

    def _options(self) -> dict[str, Value]:
        try:
            return self.options()
        except ValueError as error:  # a template rendered to an invalid value
            raise AirflowFailException(f"prefdata {self.command}: {error}") from error

    def _interpreter(self) -> str:
        python = self.python or os.environ.get(PYTHON_VARIABLE) or sys.executable
        if self.cwd and not os.path.isdir(self.cwd):  # noqa: PTH112
            raise AirflowFailException(f"cwd {self.cwd}: there is no such folder on this worker.")
        is_path = os.sep in python
        executable = shutil.which(_absolute(python, self.cwd) if is_path else python)
        if executable is None:
            raise AirflowFailException(
                f"There is no Python at {python} on this worker. Make an environment there and "
                f"install prefdata into it, or name another one in the field `python` or in "
                f"${PYTHON_VARIABLE}: python3 -m venv DIR && DIR/bin/pip install prefdata"
            )
        return executable

    def _say(self, line: str) -> None:
        self.log.info("%s", in_python(line, self.command))

    def _result(self, code: int, output: Any) -> dict[str, Any]:
        """The short result of the JSON that the command printed; {} if it failed without any."""
        try:
            return SHORT[self.command](json.load(output))
        except (ValueError, KeyError, TypeError) as error:
            if code:
                return {}
            raise AirflowFailException(
                f"prefdata {self.command} ended well, but what it printed is not a result that "
                f"this operator knows ({error}). Install the same version of prefdata beside "
                "Airflow and in the environment that runs it."
            ) from error

    def _failure(self, ran: Ran) -> AirflowException:
        if ran.was_stopped:
            return AirflowException(f"prefdata {self.command} was stopped.")
        last = "\n".join(ran.last_lines)
        parts = [
            f"prefdata {self.command} ended with exit code {ran.code}: {meaning(ran.code)}.",
            self.explains(ran.result) if ran.result else "",
            last,
            _install_hint(last, self._interpreter()),
        ]
        message = in_python("\n".join(part for part in parts if part), self.command)
        return AirflowException(message) if may_pass(ran.code) else AirflowFailException(message)

    def _with_absolute_out(self, result: dict[str, Any]) -> dict[str, Any]:
        out = getattr(self, "out", None)
        return result if not out else {"out": _absolute(str(out), self.cwd), **result}

    @contextmanager
    def _config_file(self) -> Iterator[int | None]:
        """Yields the descriptor of a YAML file with the config; None if it is not a mapping.

        The file has no name and is readable by its user only: it is deleted when the last process
        that has it open ends, however the task ends.
        """
        if not isinstance(self.config, Mapping):
            yield None
            return
        import yaml

        with tempfile.TemporaryFile() as file:
            try:
                file.write(yaml.safe_dump(nested(self.config), allow_unicode=True).encode())
            except (ValueError, yaml.YAMLError) as error:
                raise AirflowFailException(f"The config cannot be written: {error}") from error
            file.seek(0)
            yield file.fileno()


def _absolute(path: str, cwd: str | None) -> str:
    return os.path.abspath(os.path.join(cwd or "", path))  # noqa: PTH100, PTH118


def _install_hint(last: str, python: str) -> str:
    """How to install prefdata, if the last lines of stderr say that a module is missing."""
    if "No module named" not in last:
        return ""
    return f"Install prefdata, with what it needs: {python} -m pip install prefdata"
