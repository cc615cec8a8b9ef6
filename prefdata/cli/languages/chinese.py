"""The help of a command in Chinese: its texts are looked up by the English ones in the code."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from copy import copy
from functools import cache
from pathlib import Path

import click

from prefdata.cli.languages.described import REPEATS, DescribedOption, HelpParts
from prefdata.cli.languages.formatter import ChineseFormatter

Translate = Callable[[str], str]
"""The Chinese of an English text."""

CHINESE = Path(__file__).with_name("help_chinese.json")
"""Chinese texts by the English ones: paragraphs, help texts, placeholders, the words of click."""


def help_in_chinese(context: click.Context, translate: Translate | None = None) -> str:
    """The help of the command of a context. `translate`: used in place of `in_chinese`."""
    translate = translate or in_chinese
    formatter = ChineseFormatter(
        translate, width=context.terminal_width, max_width=context.max_content_width
    )
    _translated(context.command, translate, context).format_help(context, formatter)
    return formatter.getvalue().rstrip("\n")


def in_chinese(text: str) -> str:
    """The Chinese of a text, or the text itself where the file has none (a test sees to it)."""
    return _texts().get(text, text)


@cache
def _texts() -> dict[str, str]:
    texts: dict[str, str] = json.loads(CHINESE.read_text(encoding="utf-8"))
    return texts


def _translated(
    command: click.Command, translate: Translate, context: click.Context
) -> click.Command:
    """A copy of a command that is good for its help alone."""
    chinese = copy(command)
    parameters = command.get_params(context)
    chinese.add_help_option = False  # it is one of the parameters now
    chinese.params = [_parameter(each, translate) for each in parameters]
    chinese.help = _paragraphs(command.help or "", translate)
    if command.options_metavar:
        chinese.options_metavar = translate(command.options_metavar)
    if isinstance(command, click.Group) and isinstance(chinese, click.Group):
        chinese.subcommand_metavar = translate(command.subcommand_metavar)
        chinese.commands = {
            name: click.Command(name, short_help=translate(each.help or ""))
            for name, each in command.commands.items()
        }
    return chinese


def _paragraphs(text: str, translate: Translate) -> str:
    r"""Translates the paragraphs of a help text, but for those after \b: they are examples."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        each if each.startswith("\b") else translate(" ".join(each.split())) for each in paragraphs
    )


def _parameter(parameter: click.Parameter, translate: Translate) -> click.Parameter:
    chinese = copy(parameter)
    if isinstance(chinese.type, click.Choice) and not chinese.metavar:
        pass  # what may be chosen is shown as it is typed
    elif isinstance(chinese, click.Argument):
        chinese.metavar = _of_argument(chinese, translate)
    elif isinstance(chinese, click.Option) and not (chinese.is_flag or chinese.count):
        chinese.metavar = translate(chinese.metavar or chinese.type.name.upper())
    if isinstance(chinese, click.Option):
        chinese.help = _help(chinese, translate)
        if isinstance(chinese.show_default, str):
            chinese.show_default = translate(chinese.show_default)
    return chinese


def _of_argument(argument: click.Argument, translate: Translate) -> str:
    name = translate(argument.metavar or str(argument.name).upper())
    return f"{name if argument.required else f'[{name}]'}{'...' if argument.nargs != 1 else ''}"


def _help(option: click.Option, translate: Translate) -> str:
    if isinstance(option, DescribedOption):
        return _assembled(option.parts, translate)
    return translate(option.help or "")


def _assembled(parts: HelpParts, translate: Translate) -> str:
    """As `HelpParts.in_english` puts them together."""
    default = translate("yes") if parts.default == "yes" else parts.default
    behind = (
        f"{translate('default: ')}{default}" if default else "",
        translate(parts.note) if parts.note else "",
    )
    said = "；".join(filter(None, behind))
    text = translate(parts.text).removesuffix("。")
    return f"{text}{f'（{said}）' if said else ''}。{translate(REPEATS) if parts.repeats else ''}"
