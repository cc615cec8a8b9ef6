"""Attention over pairs that lie in one row, where both sides of a pair share their beginning.

A row holds, of each pair, what both sides begin with, the rest of chosen and the rest of rejected.
A token attends to what is before it on its own side, and to nothing else. So all other parts of a
model run over each token once, whatever lies beside it; only attention needs to know.

Two ways to compute the same: pair by pair at exact lengths, which a CPU likes, and all sides
gathered into padded rows, which saves a GPU thousands of small kernels. The dense mask that says
it plainly is in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention

from prefdata.errors import ModelError
from prefdata.records.arrays import Ints

NAME = "prefdata_pairs"
Attention = Callable[..., torch.Tensor]
Tensors = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
_UNKNOWN = ("softcap", "s_aux", "position_bias")


@dataclass(frozen=True)
class PairByPair:
    """`sizes` (3n): lengths of the parts; `masks` (n): what the rest of rejected attends to."""

    sizes: list[int]
    masks: list[torch.Tensor]
    longest: int


@dataclass(frozen=True)
class PaddedRows:
    """`places`: for each place of all groups of rows, the token in it; `shapes` of the groups;
    `outputs`: for each token, the place that its output is read from."""

    places: torch.Tensor
    shapes: list[tuple[int, int]]
    outputs: torch.Tensor
    longest: int


def pairs_layout(parts: Ints, device: torch.device) -> PairByPair | PaddedRows:
    """Of pairs with parts (n, 3): lengths of the shared beginning, rest of chosen, of rejected."""
    return pair_by_pair(parts) if device.type == "cpu" else padded_rows(parts, device)


def pair_by_pair(parts: Ints) -> PairByPair:
    masks = [
        torch.ones(rejected, shared + rejected, dtype=torch.bool).tril(shared)
        for shared, _, rejected in parts.tolist()
    ]
    return PairByPair(parts.ravel().tolist(), masks, _longest(parts))


def padded_rows(parts: Ints, device: torch.device) -> PaddedRows:
    """Sides of like length make a group of rows, none more than 1.5 times as long as another."""
    sides = _sides(parts)
    lengths = np.array([len(side) for side in sides])
    kinds = np.ceil(np.log(lengths) / np.log(1.5))
    outputs = np.zeros(parts.sum(), np.int64)
    places, shapes, start = [], [], 0
    for kind in np.unique(kinds):
        group = np.flatnonzero(kinds == kind)
        width = int(lengths[group].max())
        rows = np.zeros((len(group), width), np.int64)
        for row, number in enumerate(group):
            side = sides[number]
            rows[row, : len(side)] = side
            outputs[side] = start + row * width + np.arange(len(side))
        places.append(rows.ravel())
        shapes.append(rows.shape)
        start += rows.size
    return PaddedRows(
        torch.from_numpy(np.concatenate(places)).to(device),
        shapes,
        torch.from_numpy(outputs).to(device),
        _longest(parts),
    )


def _sides(parts: Ints) -> list[Ints]:
    """Places of the tokens of each side in the flat row: chosen, rejected, chosen, ..."""
    found = []
    start = 0
    for shared, chosen, rejected in parts.tolist():
        fork, end = start + shared, start + shared + chosen
        found.append(np.arange(start, end))
        found.append(np.concatenate([np.arange(start, fork), np.arange(end, end + rejected)]))
        start = end + rejected
    return found


def _longest(parts: Ints) -> int:
    return int((parts[:, 0] + parts[:, 1:].max(1)).max())


def attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    pairs: PairByPair | PaddedRows | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """As transformers calls it: query (1, heads, tokens, size) to output (1, tokens, heads, size).

    Without `pairs` this is transformers' own attention. Raises ModelError for what it would have
    to leave out: soft caps, sinks, biases, windows shorter than a side.
    """
    if pairs is None:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **options
        )
    _refuse_unknown(options, pairs.longest)
    attention: Attention = partial(
        scaled_dot_product_attention,
        scale=scaling,
        dropout_p=dropout,
        enable_gqa=query.shape[1] > key.shape[1],
    )
    tensors = (query, key, value)
    if isinstance(pairs, PairByPair):
        return _attend_pair_by_pair(tensors, pairs, attention), None
    return _attend_in_rows(tensors, pairs, attention), None


def _refuse_unknown(options: dict[str, Any], longest: int) -> None:
    for name in _UNKNOWN:
        if options.get(name) is not None:
            raise ModelError(f"its attention has {name}, which packed pairs do not support")
    window = options.get("sliding_window")
    if window is not None and window < longest:
        raise ModelError(f"its attention sees {window} tokens, and a side has {longest}")


def _attend_pair_by_pair(tensors: Tensors, pairs: PairByPair, attention: Attention) -> torch.Tensor:
    """Shared and chosen attend causally; then the rest of rejected to shared and to itself."""
    queries, keys, values = (torch.split(tensor, pairs.sizes, dim=2) for tensor in tensors)
    outputs = []
    for pair, mask in enumerate(pairs.masks):
        shared, chosen, rejected = 3 * pair, 3 * pair + 1, 3 * pair + 2
        side = [torch.cat([part[shared], part[chosen]], 2) for part in (queries, keys, values)]
        other = [torch.cat([part[shared], part[rejected]], 2) for part in (keys, values)]
        outputs += [
            attention(*side, is_causal=True),
            attention(queries[rejected], *other, attn_mask=mask),
        ]
    return torch.cat([output.transpose(1, 2) for output in outputs], 1)


def _attend_in_rows(tensors: Tensors, pairs: PaddedRows, attention: Attention) -> torch.Tensor:
    """Every side in a row of its own. Padding stands behind all queries that matter."""
    sizes = [rows * width for rows, width in pairs.shapes]
    gathered = [
        torch.split(tensor[0].transpose(0, 1).index_select(0, pairs.places), sizes)
        for tensor in tensors
    ]
    outputs = []
    for shape, *group in zip(pairs.shapes, *gathered, strict=True):
        rows = [tensor.unflatten(0, shape).transpose(1, 2) for tensor in group]
        outputs.append(attention(*rows, is_causal=True).transpose(1, 2).flatten(0, 1))
    return torch.cat(outputs).index_select(0, pairs.outputs).unsqueeze(0)


def use_pairs_attention(model: Any) -> None:
    """From now on the model's layers attend by `attend`; not written to its config file."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)
