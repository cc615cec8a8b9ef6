"""Finds the folder of a model: a local one, or one of the Hub, cached or downloaded."""

from __future__ import annotations

import re
from pathlib import Path

from prefdata.errors import ModelError
from prefdata.models.quiet import cause_of, quiet
from prefdata.models.weights import is_model, model_files
from prefdata.network import bounded_answers, hub_answers

_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


def local_folder(name: str, *, kind: str, hint: str) -> Path | None:
    """The folder of this name; None if it is the name of a model on the Hub.

    `kind`: what it should hold, such as "encoder"; `hint`: an alternative, for the message. Raises
    ModelError for a folder that is missing or holds no model.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return checked_folder(path)
    if path.is_file():
        raise ModelError(f"the {kind} {name!r} is a file: pass its folder, {path.parent}")
    if path.is_absolute() or name.startswith((".", "~")) or not _NAME.fullmatch(name):
        raise ModelError(
            f"there is no folder {name!r}. Pass the folder of a saved model, or its name on the "
            f"Hub (organisation/model); {hint}."
        )
    return None


def checked_folder(folder: Path) -> Path:
    """The folder itself; raises ModelError if it holds no model."""
    if not is_model(folder):
        raise ModelError(
            f"the folder {folder} is no model: it must hold what save_pretrained() or "
            "SentenceTransformer.save() writes (config.json or modules.json, and weights as "
            "*.safetensors or *.bin)"
        )
    return folder


def hub_folder(repository: str, revision: str | None, *, code: bool, hint: str) -> Path:
    """The folder of a model of the Hub, downloaded if needed; `code`: with its Python files.

    Raises ModelError if there is no such model, or the Hub cannot be reached and the model is not
    in the local cache.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        kept = Path(snapshot_download(repository, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        kept = None
    except HFValidationError as error:
        raise ModelError(f"{repository!r} is no name of a model: {cause_of(error)}") from error
    if kept is not None and is_model(kept):
        return kept
    if not hub_answers():
        raise ModelError(
            f"the model {repository!r} is not in the local cache, and the Hub cannot be reached. "
            f"Fetch it once where there is a network (hf download {repository}), pass the folder "
            f"of a saved model, or choose another: {hint}."
        )
    try:
        with quiet(), bounded_answers(ModelError):
            listed = HfApi().list_repo_files(repository, revision=revision)
            files = model_files(listed, code=code)
            got = snapshot_download(repository, revision=revision, allow_patterns=files)
    except Exception as error:
        # As many kinds as there are ways for a download to fail, of several libraries.
        raise ModelError(
            f"the model {repository!r} could not be fetched from the Hub: {cause_of(error)}. "
            f"Check its name{' and revision' if revision else ''}; {hint}."
        ) from error
    return checked_folder(Path(got))
