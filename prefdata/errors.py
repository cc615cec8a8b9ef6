"""Every error that prefdata raises on purpose.

PrefdataError
├── UsageError            what was asked cannot be done as asked: exit code 2
│   ├── ConfigError       a build config is wrong (unknown key, bad value)
│   ├── ContradictedError labels of a file contradict its dialect; a DialectError as well
│   ├── ModelError        a model cannot be had: no such name, no network, no such backend
│   ├── RefusedError      a service says no: the token, the name, the permission
│   │   └── OfflineError      the environment says that no service is asked (HF_HUB_OFFLINE)
│   ├── MissingExtraError a library that this call needs is not installed
│   └── CampaignError     what a person of an annotation campaign asked for is refused
│       ├── SignedOutError    no session, or one that has ended
│       ├── NotYoursError     another's item, or a thing that only the lead may do
│       ├── AbsentError       there is no such item, person, invitation
│       ├── GoneError         the item was settled meanwhile
│       └── AnswerError       no answer to what was asked
├── DataError             the data is not what it has to be: exit code 1
│   ├── SourceError       a source cannot be read at all (missing, empty folder, changed underneath)
│   ├── DialectError      no dialect, or more than one, fits a file
│   └── IntegrityError    an output folder does not match its manifest
└── RunError              the run could not go on: exit code 1
    ├── OutputError       the output exists, is not ours, or the disk is full
    ├── ConflictError     what is published there is not what this run may replace
    └── TransientError    the same run may succeed later: exit code 75
        ├── LockedError       another run works on the same output
        ├── UnsavedError      a vote could not be written to the disk now
        └── UnavailableError  a service does not answer, or asks to be left alone for a while

RowFault is separate: it is raised while one row is read, always caught by the reader, and recorded
as an entry in quarantine. It never reaches a caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from prefdata.credentials import text_without_credentials
from prefdata.option_names import in_python

_in_shell: ContextVar[bool] = ContextVar("in_shell", default=False)


@contextmanager
def told_in_shell() -> Iterator[None]:
    """A context in which messages name options as a shell takes them: `--force`, not
    `force=True`."""
    before = _in_shell.set(True)
    try:
        yield
    finally:
        _in_shell.reset(before)


class PrefdataError(Exception):
    """Root of every error that prefdata raises on purpose; takes one message.

    The message is shown without credentials, wherever it is shown: on stderr, in a log, as JSON.
    It names options as the command line does; to a caller in Python they are shown as parameters
    and keys of the config, but for whole commands (between backticks). `function`: the public
    function that it has left.
    """

    function = ""

    def __str__(self) -> str:
        message = super().__str__()
        if not _in_shell.get():
            message = in_python(message, self.function)
        return text_without_credentials(message)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class UsageError(PrefdataError):
    """What was asked cannot be done as asked."""


class ConfigError(UsageError):
    """A build config holds an unknown key or a value that is not allowed."""


class ModelError(UsageError):
    """A model, of an encoder or a reward model, cannot be had as asked."""


class RefusedError(UsageError):
    """A service says no to the token, to the name, or to what the token may do."""


class OfflineError(RefusedError):
    """The environment says that no service is to be asked."""


class MissingExtraError(UsageError):
    """A library that this call needs is not installed."""


class CampaignError(UsageError):
    """What a person of an annotation campaign asked for is refused. `code`: why, for programs."""

    code = "refused"


class SignedOutError(CampaignError):
    """There is no such session or invitation, or it has ended."""

    code = "signed-out"


class NotYoursError(CampaignError):
    """It belongs to somebody else, or only the lead may do it."""

    code = "not-yours"


class AbsentError(CampaignError):
    """There is no such thing in the campaign."""

    code = "absent"


class GoneError(CampaignError):
    """The item was settled by others meanwhile."""

    code = "gone"


class AnswerError(CampaignError):
    """It is no answer to what was asked."""

    code = "not-an-answer"


class DataError(PrefdataError):
    """The data is not what it has to be."""


class SourceError(DataError):
    """A source cannot be read at all."""


class DialectError(DataError):
    """No dialect, or more than one, fits a file."""


class ContradictedError(DialectError, UsageError):
    """Many labels of a file are none that its dialect knows: it has to be named."""


class IntegrityError(DataError):
    """An output folder does not match its manifest."""


class RunError(PrefdataError):
    """The run could not go on."""


class OutputError(RunError):
    """The output exists already, is not ours, or cannot be written."""


class ConflictError(RunError):
    """What is published there is not what this run may replace."""


class TransientError(RunError):
    """The run failed for a reason that may be gone later; the same run may be tried again."""


class LockedError(TransientError):
    """Another run works on the same output."""


class UnsavedError(TransientError):
    """It could not be written now; nothing that was saved is lost. `code`: why, for programs."""

    code = "unsaved"


class BusyFileError(UnsavedError):
    """Another program writes to the file for long."""

    code = "busy"


class FullDiskError(UnsavedError):
    """The disk, or the room granted to the file, is full."""

    code = "full"


class ReadOnlyFileError(UnsavedError):
    """The file may only be read."""

    code = "read-only"


class UnavailableError(TransientError):
    """A service does not answer, or asks to be left alone for a while."""


class RowFault(Exception):  # noqa: N818 - a fault of one row, not an error of the run
    """One row cannot be converted to a record.

    `RowFault(reason, evidence)`: `reason` is a code of `prefdata rules`, `evidence` one sentence
    for a person. Both are positional arguments, so that the error can be pickled between processes.
    """

    @property
    def reason(self) -> str:
        return str(self.args[0])

    @property
    def evidence(self) -> str:
        evidence: str = self.args[1]  # a Sentence: str() of it would be English alone
        return evidence
