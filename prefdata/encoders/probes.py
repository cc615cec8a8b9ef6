"""Texts on which backends and precisions are held against float32: short, long, Chinese, code."""

from __future__ import annotations

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
