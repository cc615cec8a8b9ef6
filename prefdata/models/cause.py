"""What went wrong inside a library, in one line of a message of ours."""

from __future__ import annotations


def cause_of(error: BaseException) -> str:
    """What the error says, on one line and without a full stop; its kind where it says nothing."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
