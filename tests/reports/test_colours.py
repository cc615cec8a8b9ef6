"""Texts have a contrast of 4.5 on every ground that they stand on (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = (files("prefdata.reports") / "assets" / "colours.css").read_text(encoding="utf-8")
THEMES = {
    name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for name, block in zip(
        ("light", "dark"), re.findall(r":root[^{]*\{([^}]*)\}", CSS), strict=True
    )
}
TEXTS = ("ink", "soft", "accent", "warm")
GROUNDS = ("ground", "raised")


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("text", "ground"),
    [(text, ground) for text in TEXTS for ground in GROUNDS]
    + [("ink", "mark-chosen"), ("ink", "mark-rejected"), ("ink", "warm-ground")]
    + [("ink", "accent-ground"), ("accent", "accent-ground")],
)
def test_texts_can_be_read(theme: str, text: str, ground: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("part", ["faint", "accent", "warm"])
def test_marks_of_charts_and_borders_can_be_seen(theme: str, part: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[part], colours["ground"]) >= 3
