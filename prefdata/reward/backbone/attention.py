"""Attention over packed pairs: all pairs in one row, the common prefix of both sides stored once.

For each pair, the row contains the common prefix, the rest of chosen and the rest of rejected. A
token attends only to the tokens before it on its own side. All other parts of a model process each
token independently, so only attention has to know the layout.

There are two equivalent implementations: pair by pair at exact lengths, which is fast on a CPU, and
all sides gathered into padded rows, which saves a GPU thousands of small kernels. The reference
with a dense mask is in the tests.
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
    """Layout of n pairs. `sizes` (3n): lengths of the parts in tokens; `masks` (n): the attention
    mask of the rest of rejected; `longest`: tokens of the longest side."""

    sizes: list[int]
    masks: list[torch.Tensor]
    longest: int


@dataclass(frozen=True)
class PaddedRows:
    """Layout of sides in groups of padded rows. `places`: the token at each position of all groups;
    `shapes`: (rows, width) of each group; `outputs`: the position of the output of each token;
    `longest`: tokens of the longest side."""

    places: torch.Tensor
    shapes: list[tuple[int, int]]
    outputs: torch.Tensor
    longest: int


def pairs_layout(parts: Ints, device: torch.device) -> PairByPair | PaddedRows:
    """The layout for a device. `parts` (n, 3): lengths in tokens of the common prefix, the rest of
    chosen, and the rest of rejected."""
    return pair_by_pair(parts) if device.type == "cpu" else padded_rows(parts, device)


def pair_by_pair(parts: Ints) -> PairByPair:
    masks = [
        torch.ones(rejected, shared + rejected, dtype=torch.bool).tril(shared)
        for shared, _, rejected in parts.tolist()
    ]
    return PairByPair(parts.ravel().tolist(), masks, _longest(parts))


def padded_rows(parts: Ints, device: torch.device) -> PaddedRows:
    """Groups sides of similar length into rows; in a group none is over 1.5 times another."""
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
    """The positions of the tokens of each side in the packed row: chosen, rejected, chosen, ..."""
    places = []
    start = 0
    for shared, chosen, rejected in parts.tolist():
        fork, end = start + shared, start + shared + chosen
        places.append(np.arange(start, end))
        places.append(np.concatenate([np.arange(start, fork), np.arange(end, end + rejected)]))
        start = end + rejected
    return places


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
    """Attention with the signature of transformers: query (1, heads, tokens, size) to output (1,
    tokens, heads, size).

    Without `pairs` it is the attention of transformers. Raises ModelError for unsupported features:
    soft caps, sinks, biases, windows shorter than a side.
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
    """Causal attention of prefix and chosen, then of the rest of rejected to prefix and itself."""
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
    """Attention with every side in a row of its own, padded on the right, so that causal attention
    never reaches padding."""
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
    """Sets `attend` as the attention of a model's layers; its saved config is not affected."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)
