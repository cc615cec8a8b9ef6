"""Low-rank adapters (LoRA, Hu et al. 2021) by peft, inside the model and merged at the end.

The model remains one of transformers, without wrapper, and is saved without any trace of peft.
"""

from __future__ import annotations

from typing import Any

import torch

from prefdata.config.reward import LoraConfig
from prefdata.errors import ModelError
from prefdata.models.quiet import cause_of


def add_adapters(model: Any, lora: LoraConfig) -> int:
    """Adds adapters to linear layers of a model; only they and the head are trained. Returns the
    number of layers.

    The head, everything outside of the backbone, is trained in full. Raises ModelError if no layer
    has such a name.
    """
    import peft

    settings = peft.LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]  # a float works as well
        lora_dropout=lora.dropout,
        target_modules=list(lora.targets) or _linear_layers(model),
    )
    try:
        peft.inject_adapter_in_model(settings, model)
    except ValueError as error:
        raise ModelError(f"no adapters (backbone.lora.targets): {cause_of(error)}") from error
    for weight in _head(model).values():
        weight.requires_grad = True
    return len(_adapted(model))


def merge_adapters(model: Any) -> int:
    """Merges adapters into the weights and removes them; returns how many layers had any."""
    adapted = _adapted(model)
    for name, layer in adapted.items():
        layer.merge()
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, layer.get_base_layer())
    return len(adapted)


def _adapted(model: torch.nn.Module) -> dict[str, Any]:
    if not any(hasattr(part, "lora_A") for part in model.modules()):
        return {}  # without peft there are none
    from peft.tuners.lora import LoraLayer

    return {name: part for name, part in model.named_modules() if isinstance(part, LoraLayer)}


def _head(model: Any) -> dict[str, torch.nn.Parameter]:
    backbone = f"{model.base_model_prefix}."
    return {
        name: weight for name, weight in model.named_parameters() if not name.startswith(backbone)
    }


def _linear_layers(model: Any) -> list[str]:
    backbone = f"{model.base_model_prefix}."
    return [
        name
        for name, part in model.named_modules()
        if isinstance(part, torch.nn.Linear) and name.startswith(backbone)
    ]
