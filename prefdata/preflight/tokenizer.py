"""The tokenizer: what the preflight needs of it, how it is loaded, what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from prefdata.errors import MissingExtraError, UsageError
from prefdata.network import hub_answers


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
    """The tokenizer in a folder, or the one that goes by this name in the cache or on the Hub.

    Code that comes with a model is never run. Raises UsageError when there is no such tokenizer
    or the Hub cannot be reached, MissingExtraError when transformers is not installed.
    """
    local = _is_folder(path_or_name)
    with silent_import():
        auto = _auto_tokenizer()
    try:
        return _from_pretrained(auto, path_or_name, local_only=True)
    except Exception as error:
        # A tokenizer file can be wrong in as many ways as there are libraries that parse it.
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
        return _from_pretrained(auto, path_or_name, local_only=False)
    except Exception as error:
        raise UsageError(_cannot_load(path_or_name, error)) from error


def tokenizer_identity(tokenizer: Tokenizer) -> str:
    """Text that is another one whenever the tokenizer could give other results."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    pieces = sorted(tokenizer.get_vocab().items()) if backend is None else backend.to_str()
    tokens = (tokenizer.pad_token, tokenizer.eos_token)
    return repr((type(tokenizer).__name__, pieces, tokenizer.chat_template, tokens))


def tokenizer_findings(tokenizer: Tokenizer) -> list[tuple[str, str]]:
    """What is wrong with the tokenizer whatever the rows: (code, evidence) for each finding."""
    if tokenizer.pad_token_id is None:
        standing_in = "pad with EOS" if tokenizer.eos_token else "stop: there is no EOS either"
        cause = f"The tokenizer has no pad token; trainers {standing_in}"
    elif tokenizer.pad_token_id == tokenizer.eos_token_id:
        cause = f"The pad token is the EOS token ({tokenizer.eos_token!r})"
    else:
        return []
    return [
        (
            "pad-is-eos",
            f"{cause}. A reward model reads its reward at the last token that is not the pad "
            "token, so before EOS. Give the tokenizer a pad token of its own.",
        )
    ]


def _is_folder(path_or_name: str) -> bool:
    """Whether this means a folder; raises UsageError for a path to nothing or to a file."""
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


def _cannot_load(path_or_name: str, error: Exception) -> str:
    cause = " ".join(str(error).split()) or type(error).__name__
    return (
        f"No tokenizer could be loaded from {path_or_name!r}: {cause} "
        "A folder must hold what tokenizer.save_pretrained() writes (tokenizer.json, "
        "tokenizer_config.json); a tokenizer that needs code of its own is not run."
    )


def _auto_tokenizer() -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingExtraError(
            "The preflight needs transformers and jinja2: pip install 'transformers>=4.51' jinja2"
        ) from error
    return AutoTokenizer


@contextmanager
def silent_import() -> Iterator[None]:
    """Keeps transformers from advising about PyTorch, which tokenizers do without."""
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
