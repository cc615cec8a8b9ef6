"""The tokenizer: its protocol, loading it, and findings on it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from prefdata.errors import UsageError
from prefdata.extras import demand
from prefdata.network import bounded_answers, hub_answers
from prefdata.results.sentences import Sentence


class Tokenizer(Protocol):
    """The part of a transformers tokenizer that the preflight uses."""

    chat_template: Any
    pad_token: str | None
    pad_token_id: int | None
    eos_token: str | None
    eos_token_id: int | None

    def __call__(self, text: Sequence[str], **options: Any) -> Any: ...

    def get_vocab(self) -> dict[str, int]: ...

    def apply_chat_template(self, conversation: Any, **options: Any) -> Any: ...


def load_tokenizer(path_or_name: str) -> Tokenizer:
    """Loads a tokenizer from a folder, or by name from the cache or the Hub.

    Code that comes with a model is never run. Raises UsageError if there is no such tokenizer or
    the Hub cannot be reached, MissingExtraError if transformers or jinja2 is not installed.
    """
    demand("train", "a tokenizer", "transformers", "jinja2")
    local = _is_folder(path_or_name)
    with silent_import():
        from transformers import AutoTokenizer as auto  # noqa: N813  an object that loads
    try:
        return _from_pretrained(auto, path_or_name, local_only=True)
    except Exception as error:
        # Every library that parses a tokenizer file raises errors of its own.
        if local:
            raise UsageError(_cannot_load(path_or_name, error)) from error
    if not hub_answers():
        raise UsageError(
            f"Tokenizer {path_or_name!r} is not a folder, nor in the local cache, and the Hub "
            "cannot be reached. Pass the folder of a saved tokenizer (the one that holds "
            "tokenizer.json), or fetch it once where there is a network: "
            f"hf download {path_or_name}"
        )
    try:
        with bounded_answers(UsageError):
            return _from_pretrained(auto, path_or_name, local_only=False)
    except Exception as error:
        if isinstance(error.__cause__, UsageError):
            raise UsageError(_cannot_load(path_or_name, error.__cause__)) from error
        raise UsageError(_cannot_load(path_or_name, error)) from error


def tokenizer_identity(tokenizer: Tokenizer) -> str:
    """Text for a fingerprint: it changes whenever the results of the tokenizer could change."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    pieces = sorted(tokenizer.get_vocab().items()) if backend is None else backend.to_str()
    tokens = (tokenizer.pad_token, tokenizer.eos_token)
    return repr((type(tokenizer).__name__, pieces, tokenizer.chat_template, tokens))


def tokenizer_findings(tokenizer: Tokenizer) -> dict[str, Sentence]:
    """Findings on the tokenizer itself: code to evidence."""
    if tokenizer.pad_token_id is None:
        standing_in = "tokenizer.pads-with-eos" if tokenizer.eos_token else "tokenizer.cannot-pad"
        cause = Sentence(standing_in)
    elif tokenizer.pad_token_id == tokenizer.eos_token_id:
        cause = Sentence("tokenizer.same-token", token=str(tokenizer.eos_token))
    else:
        return {}
    return {"pad-is-eos": Sentence("tokenizer.pad-is-eos", cause=cause)}


def _is_folder(path_or_name: str) -> bool:
    """Whether this is a folder. Raises UsageError for a path that is missing or a file."""
    path = Path(path_or_name).expanduser()
    if path.is_dir():
        return True
    if path.is_file():
        raise UsageError(
            f"Tokenizer {path_or_name!r} is a file. Pass the folder it lies in: {path.parent}"
        )
    if path.is_absolute() or path_or_name.startswith((".", "~")) or path_or_name.count("/") > 1:
        raise UsageError(
            f"Tokenizer folder {path_or_name!r} does not exist. Pass the folder of a saved "
            "tokenizer, or a name such as Qwen/Qwen3-0.6B."
        )
    return False


def _from_pretrained(auto: Any, path_or_name: str, *, local_only: bool) -> Tokenizer:
    path = Path(path_or_name).expanduser()
    place = str(path) if path.is_dir() else path_or_name
    tokenizer: Tokenizer = auto.from_pretrained(
        place, local_files_only=local_only, trust_remote_code=False
    )
    return tokenizer


def _cannot_load(path_or_name: str, error: BaseException) -> str:
    cause = " ".join(str(error).split()) or type(error).__name__
    return (
        f"No tokenizer could be loaded from {path_or_name!r}: {cause} "
        "A folder must hold what tokenizer.save_pretrained() writes (tokenizer.json, "
        "tokenizer_config.json); a tokenizer that needs code of its own is not run."
    )


@contextmanager
def silent_import() -> Iterator[None]:
    """Suppresses the advice of transformers about PyTorch, which tokenizers do not need."""
    name = "TRANSFORMERS_NO_ADVISORY_WARNINGS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
