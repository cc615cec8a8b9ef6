"""Linear layers that train in float32 by oneDNN on the CPU, forward and backward.

PyTorch uses MKL for float32 products, which is slow on processors of other makers than Intel (see
prefdata.models.onednn): with oneDNN all three products of a layer run 1.5 to 2.3 times as fast on
an AMD processor. Results differ by rounding.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch

from prefdata.models.onednn import has_kernel

LEAST_WEIGHTS = 1 << 12  # smaller layers and fewer rows gain nothing
LEAST_ROWS = 128
_ROWS_AT_A_TIME = 2048  # of a weight's gradient; the factors fit into the cache


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
    ) -> torch.Tensor:
        ctx.save_for_backward(values, weight)
        return _product(values, weight, bias)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (gradient,) = gradients
        values, weight = ctx.saved_tensors
        wants_values, wants_weight, wants_bias = ctx.needs_input_grad
        return (
            _product(gradient, weight.t()) if wants_values else None,
            _sum_of_products(gradient.flatten(0, -2), values.flatten(0, -2))
            if wants_weight
            else None,
            gradient.flatten(0, -2).sum(0) if wants_bias else None,
        )


def linear(values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """torch.nn.functional.linear, by oneDNN if that is faster and the tensors are float32."""
    is_worthwhile = (
        weight.numel() >= LEAST_WEIGHTS and values.numel() >= LEAST_ROWS * weight.shape[1]
    )
    if not is_worthwhile or not _is_plain(values, weight) or torch.is_autocast_enabled("cpu"):
        return torch.nn.functional.linear(values, weight, bias)
    product: torch.Tensor = _Product.apply(values, weight, bias)  # type: ignore[no-untyped-call]
    return product


def use_fast_linear(model: torch.nn.Module) -> int:
    """Makes the linear layers of a model use `linear`; returns how many do.

    Modules, parameters and state dict are unchanged; only `forward` of a layer is replaced.
    """
    if not has_kernel():
        return 0
    layers = [module for module in model.modules() if type(module) is torch.nn.Linear]
    for layer in layers:
        layer.forward = MethodType(_forward, layer)  # type: ignore[method-assign]
    return len(layers)


def _forward(layer: torch.nn.Linear, values: torch.Tensor) -> torch.Tensor:
    return linear(values, layer.weight, layer.bias)


def _is_plain(*tensors: torch.Tensor) -> bool:
    return all(one.dtype == torch.float32 and one.device.type == "cpu" for one in tensors)


def _product(
    values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(values, weight, bias, "none", [], "")
    return product


def _sum_of_products(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """left.T @ right, summed over blocks of rows."""
    pieces = zip(
        torch.split(left, _ROWS_AT_A_TIME), torch.split(right, _ROWS_AT_A_TIME), strict=True
    )
    total, *others = (_product(one.t(), other.t()) for one, other in pieces)
    for other in others:
        total += other
    return total
