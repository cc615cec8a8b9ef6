"""Every string of the pages of annotation, in both languages; every file that they are made of."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from prefdata.transforms.annotation import figures
from prefdata.web.annotate.application import ASSETS

WORDS: dict[str, list[str]] = json.loads((ASSETS / "annotate_words.json").read_text("utf-8"))
SCRIPTS = {path.name: path.read_text("utf-8") for path in sorted(ASSETS.glob("*.js"))}
TEMPLATES = "".join(path.read_text("utf-8") for path in ASSETS.glob("*.html"))
CODE = "".join(SCRIPTS.values())
CHINESE = re.compile(r"[\u4e00-\u9fff]")

COMPOSED = (
    "choice.", "sure.", "flag.", "apart.", "saved.", "banner.", "nothing.", "key.", "menu.",
    "lead.", "state.", "role.", "criterion.", "alpha.", "language.", "theme.", "switch.",
    "practice.", "people.",
)  # fmt: skip
"""Families whose keys are put together from a name."""


@pytest.mark.parametrize("key", sorted(WORDS))
def test_a_string_is_there_in_both_languages(key: str) -> None:
    english, chinese = WORDS[key]
    gaps = [sorted(re.findall(r"\{\w+\}", text)) for text in (english, chinese)]
    assert gaps[0] == gaps[1]
    assert bool(english) == bool(chinese)
    assert (
        CHINESE.search(chinese)
        or not re.search(r"[A-Za-z]{3}", english)
        or key == "language.name.en"
    )


def test_the_scripts_ask_for_no_string_that_is_missing() -> None:
    asked = set(re.findall(r'\bsay\("([\w.-]*[\w])"[,)]', CODE))
    assert len(asked) > 80
    assert asked <= WORDS.keys()


def test_no_string_is_left_over() -> None:
    quoted = set(re.findall(r'["`]([\w.-]+)["`]', CODE))
    shared = {"list.comma"}
    assert [
        key for key in WORDS if key not in quoted | shared and not key.startswith(COMPOSED)
    ] == []


def test_whatever_keeps_agreement_from_being_measured_has_words() -> None:
    codes = set(re.findall(r'"agreement\.([\w-]+)"', Path(figures.__file__).read_text("utf-8")))
    without_alpha = codes - {"one-prompt", "no-spread"}  # figures without an interval
    assert without_alpha
    assert {f"alpha.{code}" for code in without_alpha} <= WORDS.keys()


def test_every_file_is_used() -> None:
    used = TEMPLATES + "".join(re.findall(r'from "\./([\w.]+)"', CODE)) + CODE
    names = {path.name for path in ASSETS.iterdir()} - {
        "annotator.html",
        "lead.html",
        "join.html",
        "notice.html",
    }
    assert [name for name in sorted(names) if name not in used] == []


def test_no_page_holds_script_or_style_of_its_own() -> None:
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|javascript:", TEMPLATES)
    assert not re.search(
        r"\beval\(|new Function|insertAdjacentHTML|outerHTML|document\.write", CODE
    )
    assert [name for name, text in SCRIPTS.items() if "innerHTML" in text] == ["safe_html.js"]


def test_modules_that_a_page_names_ahead_are_those_it_needs() -> None:
    for main in ("annotator", "lead"):
        needed, waiting = set(), [f"{main}.js"]
        while waiting:
            found = set(re.findall(r'from "\./([\w.]+)"', SCRIPTS[waiting.pop()])) - needed
            needed |= found
            waiting += found
        text = (ASSETS / f"{main}.html").read_text("utf-8")
        named = re.search(r"modules = \(([^)]*)\)", text)
        assert named is not None
        assert set(re.findall(r'"([\w.]+)"', named[1])) == needed
