"""Every text of every help has its Chinese, and there is none that nothing asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import click
import pytest
from rich.cells import cell_len

from prefdata.cli.languages.chinese import CHINESE, help_in_chinese, in_chinese
from prefdata.cli.languages.wanted import KEY
from prefdata.cli.main import COMMANDS, cli

TEXTS: dict[str, str] = json.loads(CHINESE.read_text(encoding="utf-8"))
KEPT = re.compile(
    r"--[a-z][\w-]+|(?:LC|HF|OPENAI|PREFDATA)_[A-Z_]+|\b[a-z][\w.]*\.(?:parquet|json|yaml|html|md)\b"
)
"""What a reader types or looks for, and no translation may lose."""
HAN = re.compile(r"[\u4e00-\u9fff]")


def contexts(width: int = 80) -> Iterator[click.Context]:
    settings = {**cli.context_settings, "terminal_width": width}
    with cli.context_class(cli, info_name="prefdata", **settings) as context:
        context.meta[KEY] = "zh"
        yield context
        for name in COMMANDS:
            command = cli.get_command(context, name)
            assert command is not None
            yield command.context_class(command, info_name=name, parent=context)


def asked() -> set[str]:
    """The English texts of all helps."""
    texts: set[str] = set()

    def noted(text: str) -> str:
        texts.add(text)
        return in_chinese(text)

    for context in contexts():
        help_in_chinese(context, noted)
    return texts - {""}


def test_every_text_has_its_chinese_and_no_key_is_stale() -> None:
    texts = asked()
    assert texts - TEXTS.keys() == set(), "add these to help_chinese.json"
    assert TEXTS.keys() - texts == set(), "no help has these any more"


@pytest.mark.parametrize(("english", "chinese"), TEXTS.items())
def test_options_files_and_variables_are_named_in_chinese_too(english: str, chinese: str) -> None:
    assert set(KEPT.findall(english)) <= set(KEPT.findall(chinese))


@pytest.mark.parametrize("chinese", TEXTS.values())
def test_chinese_is_written_as_chinese(chinese: str) -> None:
    if chinese.endswith("。"):
        assert not re.search(r"[\u4e00-\u9fff][,;:!?()]", chinese), "full-width punctuation"
    assert not re.search(r"[\u4e00-\u9fff] +[\u4e00-\u9fff，。；：（）]", chinese), "no space"
    assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", chinese), (
        "a space between Chinese and Latin"
    )
    assert "\n" not in chinese


@pytest.mark.parametrize("width", [50, 80, 100])
def test_lines_fit_the_terminal_and_columns_are_aligned(width: int) -> None:
    for context in contexts(width):
        _, heading, listed = context.get_help().partition("选项：\n")
        assert heading, context.info_name
        for line in listed.splitlines():
            assert cell_len(line) <= width or not HAN.search(line), line
        starts = set()
        for line in listed.partition("\n\n")[0].splitlines():
            if two := re.match(r"(  -.*?  +)\S", line):
                starts.add(cell_len(two[1]))
            elif line.startswith("    "):
                starts.add(len(line) - len(line.lstrip()))
        assert len(starts) == 1, (context.info_name, starts)


def test_the_commands_are_listed_whole() -> None:
    root = next(contexts(50))
    listed = "".join(root.get_help().partition("命令：\n")[2].split())
    for name, line in COMMANDS.items():
        assert name + "".join(TEXTS[line].split()) in listed
