"""Chooses the backend and precision of a model: the fastest that agrees with float32."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xxhash

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.conversion_cache import keep_json, kept_json
from prefdata.encoders.encoder import Vectors
from prefdata.encoders.forward import Forward
from prefdata.errors import ModelError, PrefdataError
from prefdata.extras import is_installed
from prefdata.models.quiet import cause_of

AGREEMENT = 0.999
"""The least cosine between each probe's vector and that in float32."""


@dataclass(frozen=True)
class Choice:
    """A backend and its precision."""

    backend: Literal["torch", "openvino"]
    dtype: Literal["float32", "bfloat16", "float16"]


SAFE = Choice("torch", "float32")

_CPU = (
    Choice("openvino", "bfloat16"),
    Choice("openvino", "float32"),
    Choice("torch", "bfloat16"),
    SAFE,
)
_GPU = (Choice("torch", "bfloat16"), Choice("torch", "float16"), SAFE)


def candidates(config: EncoderConfig, device: str, *, is_plain: bool) -> list[Choice]:
    """The choices that can run the model as configured, the fastest first (by measurement).

    Raises ModelError if there is none.
    """
    if config.backend == "openvino":
        _refuse_openvino(config, device, is_plain=is_plain)
    order = _CPU if device == "cpu" else _GPU
    configured = [choice for choice in order if _is_asked(choice, config, is_plain=is_plain)]
    if not configured:  # a combination that was never measured: taken as configured
        backend = "torch" if config.backend == "auto" else config.backend
        return [Choice(backend, "float32" if config.dtype == "auto" else config.dtype)]
    native = [choice for choice in configured if is_native(choice, device)]
    if not native and config.backend == "openvino":
        raise ModelError(
            "this processor has no bfloat16: leave encoder.dtype out, or set it to float32"
        )
    return native or configured[-1:]


def choose(
    options: Sequence[Choice],
    vectors: Callable[[Forward], Vectors],
    build: Callable[[Choice], Forward],
    keep: Path | None = None,
) -> tuple[Choice, Forward]:
    """The first option whose probes all agree with float32, or the last one if none does.

    `vectors` computes the vectors of the probes by a forward pass. The choice is cached in the file
    `keep` with the measurements, and read from there the next time. A single option is not
    measured.
    """
    if len(options) == 1:
        return options[0], _built(options[0], build)
    remembered = kept_json(keep) if keep is not None else {}
    for choice in options:
        if asdict(choice) == remembered.get("choice"):
            return choice, _built(choice, build)
    reference = vectors(build(SAFE))
    measured: list[dict[str, Any]] = []
    for choice in options:
        try:
            forward = build(choice)
            agreement = 1.0 if choice == SAFE else lowest_cosine(vectors(forward), reference)
        except Exception as error:  # noqa: BLE001 - a backend is not used for what it cannot convert
            measured.append(asdict(choice) | {"failed": cause_of(error)})
            continue
        measured.append(asdict(choice) | {"cosine": round(agreement, 6)})
        if agreement >= AGREEMENT or choice == options[-1]:
            if keep is not None:
                keep_json(keep, {"choice": asdict(choice), "measured": measured})
            return choice, forward
    raise ModelError(f"nothing that was asked for can run the model: {measured}")


def _built(choice: Choice, build: Callable[[Choice], Forward]) -> Forward:
    try:
        return build(choice)
    except PrefdataError:
        raise
    except Exception as error:
        raise ModelError(
            f"the model cannot be run by {choice.backend} in {choice.dtype}: {cause_of(error)}. "
            "Set encoder.backend: torch"
        ) from error


def lowest_cosine(vectors: Vectors, reference: Vectors) -> float:
    """The lowest cosine of corresponding rows, all of unit length; -1 if a row is not finite."""
    cosines = (vectors * reference).sum(axis=1)
    return float(np.where(np.isfinite(cosines), cosines, -1.0).min())


def machine_key(device: str, options: Sequence[Choice]) -> str:
    """A key of what a choice depends on besides the model: hardware, libraries, options."""
    import torch

    names = ("torch", "transformers", "sentence-transformers", "openvino")
    parts = [platform.machine(), torch.backends.cpu.get_cpu_capability(), device]
    parts += [repr(options), str(_has_native_bfloat16())] + [_version(name) for name in names]
    if device.startswith("cuda"):
        parts.append(torch.cuda.get_device_name(device))
    return xxhash.xxh3_64_hexdigest(repr(parts).encode())


def _refuse_openvino(config: EncoderConfig, device: str, *, is_plain: bool) -> None:
    """Raises ModelError if OpenVINO cannot run the model as configured."""
    if device != "cpu":
        raise ModelError(
            f"encoder.backend: openvino runs on the CPU, and the device is {device}: set "
            "encoder.device: cpu, or encoder.backend: torch"
        )
    if config.dtype == "float16":
        raise ModelError(
            "encoder.backend: openvino runs float32 and bfloat16, not float16: "
            "leave encoder.dtype out, or set encoder.backend: torch"
        )
    if not is_plain:
        raise ModelError(
            "encoder.backend: openvino runs models that give their last hidden state, and "
            f"{config.name!r} gives something else: set encoder.backend: torch"
        )


def _is_asked(choice: Choice, config: EncoderConfig, *, is_plain: bool) -> bool:
    if config.dtype not in ("auto", choice.dtype):
        return False
    if config.backend == "auto":
        return choice.backend == "torch" or (is_plain and is_installed(choice.backend))
    return config.backend == choice.backend


def is_native(choice: Choice, device: str) -> bool:
    """Whether the hardware supports this precision natively."""
    import torch

    if choice.dtype == "float32":
        return True
    if choice.backend == "openvino":
        from prefdata.encoders.openvino import has_bfloat16

        return has_bfloat16()
    if device.startswith("cuda"):
        return choice.dtype == "float16" or torch.cuda.is_bf16_supported()
    if device == "cpu":
        return _has_native_bfloat16()
    return choice.dtype == "float16"  # mps


def _has_native_bfloat16() -> bool:
    import torch

    tests = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, test, bool)()) for test in tests)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


_PARAGRAPH = (
    "Bread rises because yeast turns sugar into gas, and gluten holds the gas like a net of many "
    "small balloons. Warm dough ferments quickly and tastes plain; cold dough takes a night and "
    "tastes of more. Knead until a thin sheet lets light through, then leave it alone. "
)
_CODE = '''def running_mean(values, width):
    """Mean of the last `width` values, for each position."""
    total, means = 0.0, []
    for place, value in enumerate(values):
        total += value - (values[place - width] if place >= width else 0)
        means.append(total / min(place + 1, width))
    return means
'''

PROBES = (
    "Yes.",
    "What is the boiling point of water at 3,000 metres above the sea?",
    "I'm sorry, but I can't help with that. Is there anything else you would like to know?",
    _PARAGRAPH,
    _PARAGRAPH * 12,
    "请用一句话解释什么是光合作用。",
    "光合作用是植物利用阳光，把二氧化碳和水变成糖和氧气的过程；没有它，地球上几乎不会有生命。" * 6,
    _CODE,
)
