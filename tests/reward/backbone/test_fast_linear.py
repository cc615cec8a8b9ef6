from __future__ import annotations

import copy

import pytest
import torch
from torch.nn.functional import linear as plain_linear

from prefdata.models.onednn import has_kernel
from prefdata.reward.backbone import fast_linear
from prefdata.reward.backbone.fast_linear import linear, use_fast_linear

pytestmark = pytest.mark.skipif(not has_kernel(), reason="this PyTorch lacks oneDNN's kernel")


def gradients_of(how: object, shape: tuple[int, ...], into: int, bias: bool) -> list[torch.Tensor]:
    torch.manual_seed(0)
    inputs = [torch.randn(*shape), torch.randn(into, shape[-1]) / 8]
    inputs += [torch.randn(into)] if bias else []
    for one in inputs:
        one.requires_grad_()
    output = how(*inputs, *([] if bias else [None]))  # type: ignore[operator]
    return [
        output.detach(),
        *torch.autograd.grad((output * torch.randn_like(output)).sum(), inputs),
    ]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("shape", "into"), [((1, 200, 64), 96), ((3, 70, 128), 64), ((5000, 72), 64), ((130, 4096), 1)]
)
def test_same_numbers_and_gradients(shape: tuple[int, ...], into: int, bias: bool) -> None:
    found = gradients_of(linear, shape, into, bias)
    expected = gradients_of(plain_linear, shape, into, bias)
    grown = linear(torch.ones(shape), torch.ones(into, shape[-1], requires_grad=True), None)
    assert "_Product" in type(grown.grad_fn).__name__
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5 * float(other.abs().max()))


@pytest.mark.parametrize(
    ("values", "weight"),
    [
        (torch.ones(3, 256), torch.ones(64, 256)),
        (torch.ones(500, 8), torch.ones(8, 8)),
        (torch.ones(500, 256).bfloat16(), torch.ones(64, 256).bfloat16()),
        (torch.ones(500, 256).double(), torch.ones(64, 256).double()),
    ],
    ids=["few rows", "small layer", "bfloat16", "float64"],
)
def test_what_gains_nothing_is_left_to_torch(values: torch.Tensor, weight: torch.Tensor) -> None:
    output = linear(values, weight.requires_grad_(), None)
    assert "_Product" not in type(output.grad_fn).__name__
    torch.testing.assert_close(output, plain_linear(values, weight))


def test_autocast_is_heeded() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert linear(torch.ones(500, 64), torch.ones(64, 64), None).dtype == torch.bfloat16


def test_a_frozen_weight_gets_no_gradient() -> None:
    values = torch.randn(300, 64, requires_grad=True)
    weight = torch.randn(64, 64)
    linear(values, weight, None).sum().backward()
    torch.testing.assert_close(values.grad, weight.sum(0).expand(300, 64))


def test_layers_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
    before = list(model.state_dict())
    values = torch.randn(200, 64)
    expected = model(values)
    assert use_fast_linear(model) == 2
    torch.testing.assert_close(model(values), expected)
    assert list(model.state_dict()) == before
    assert type(model[0]) is torch.nn.Linear
    # a copy computes with its own weights
    other = copy.deepcopy(model)
    torch.nn.init.zeros_(other[2].weight)
    assert not torch.equal(other(values), model(values))
    monkeypatch.setattr(fast_linear, "has_kernel", lambda: False)
    assert use_fast_linear(model) == 0
