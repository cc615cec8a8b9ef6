"""The pages hold what they say: commands print it, Python returns it, links lead somewhere."""

from __future__ import annotations

import pkgutil
import re
from pathlib import Path

import pytest
from console_blocks import (
    DOCS,
    PAGES,
    ROOT,
    TRANSLATIONS,
    blocks,
    matches,
    printed_by,
    run_python,
    workplace,
)
from page_structure import anchors
from pydantic import BaseModel

from prefdata.config.annotation import AnnotationConfig
from prefdata.config.collect import CollectConfig
from prefdata.config.judge import RubricConfig
from prefdata.config.load import config_of
from prefdata.config.yaml_text import yaml_values

LINKED = (
    *PAGES,
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "sample_data" / "README.md",
    ROOT / "benchmarks" / "README.md",
)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in PAGES
        if path not in TRANSLATIONS.values()
        and any(b.kind != "sh" for b in blocks(path.read_text("utf-8")))
    ],
    ids=name,
)
def test_blocks_do_what_the_page_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = workplace(tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks(path.read_text(encoding="utf-8")):
        place = f"{path.name}:{block.line}"
        if block.kind == "python" and block.is_run:
            run_python(block, names, place)
        elif block.kind == "python":
            compile(block.body, place, "exec")
        elif block.kind == "console":
            for command in block.commands:
                printed, code = printed_by(command, tmp_path, environment)
                assert matches(printed, command.output), f"{place}: $ {command.text}{printed}"
                assert code == command.code, f"{place}: $ {command.text}{printed}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_configs_are_configs(path: Path) -> None:
    for block in re.findall(r"^```yaml\n(.*?)^```", path.read_text("utf-8"), flags=re.M | re.S):
        values = yaml_values(block)
        if path.stem.startswith("annotate"):
            config: BaseModel = AnnotationConfig.model_validate(values)
        elif path.stem.startswith("collect"):
            config = CollectConfig.model_validate(values)
        elif path.stem in ("judge", "judge.zh-CN"):
            config = RubricConfig.model_validate(values)
        else:
            config = config_of(values, place=path.name)
        assert config.model_fields_set == set(values)


def test_the_index_names_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in DOCS.glob("*.md")} - {"README.md"}
    pages -= {path.name for path in TRANSLATIONS.values()}  # each page names its own
    assert [page for page in sorted(pages) if index.count(f"]({page})") != 1] == []


def test_what_is_to_be_made_can_be_made() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.M))
    for path in PAGES:
        sh = [b.body for b in blocks(path.read_text("utf-8")) if b.kind == "sh"]
        assert set(re.findall(r"^make ([a-z-]+)", "".join(sh), flags=re.M)) <= targets
    assert {"demo", "test"} <= targets


@pytest.mark.parametrize("path", LINKED, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```", "", page, flags=re.M | re.S)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)", prose):
        there = path.parent / target if target else path
        assert there.exists(), f"{path.name}: {target}"
        if anchor:
            assert anchor[1:] in anchors(there.read_text(encoding="utf-8")), f"{target}{anchor}"


@pytest.mark.parametrize("path", LINKED, ids=name)
def test_names_of_the_library_are_names_that_it_has(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    for dotted in sorted(set(re.findall(r"(?<![\w./])prefdata(?:\.[A-Za-z_]+)+", page))):
        assert pkgutil.resolve_name(dotted) is not None


@pytest.mark.parametrize(
    ("printed", "expected", "same"),
    [
        ("one  \ntwo\n", "one\ntwo\n", True),
        ("one\ntwo\nthree\n", "one\n...\n", True),
        ("one\ntwo\nthree\n", "one\n...\nfour\n", False),
        ("one\n", "one\n...\n", True),
        ("a.b\n", "a*b\n", False),
        ("loss 0.69\n", "loss 0...\n", True),
        ("loss 1.69\n", "loss 0...\n", False),
        ("", "", True),
    ],
)
def test_dots_stand_for_any_lines_and_all_else_for_itself(
    printed: str, expected: str, same: bool
) -> None:
    assert matches(printed, expected) is same


def test_a_block_is_read_as_its_commands() -> None:
    page = "```console\n$ one \\\n    more\nsaid\n$ two\n```\n<!-- exit: 2 -->\n"
    [block] = blocks(page)
    first, second = block.commands
    assert (first.text, first.output, first.code) == ("one \\\n    more\n", "said\n", 0)
    assert (second.text, second.output, second.code) == ("two\n", "", 2)
