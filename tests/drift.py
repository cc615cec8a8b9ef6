"""Files that are generated: do they still say what the code says?

`python -m tests.drift` compares, `python -m tests.drift --write` writes them anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from prefdata.cli.languages.wanted import KEY, Language
from prefdata.cli.main import cli
from prefdata.pipeline.schemas import MODELS, schema_text
from prefdata.rules.registry import ALL_RULES
from tests.docs import code_map, python_page

ROOT = Path(__file__).parent.parent


def generated() -> dict[Path, str]:
    """Every generated file and what has to stand in it."""
    schemas = {ROOT / "schemas" / f"{name}.json": schema_text(name) for name in MODELS}
    return schemas | {
        ROOT / "docs" / "commands.md": commands_page("en"),
        ROOT / "docs" / "commands.zh-CN.md": commands_page("zh"),
        ROOT / "docs" / "rules.md": rules_page(),
        python_page.PAGE: python_page.python_page(),
        code_map.PAGE: code_map.page_with_map(),
    }


def commands_page(language: Language) -> str:
    """The help text of every command."""
    parts = [_COMMANDS_HEAD[language]]
    settings = {**cli.context_settings, "terminal_width": 100}
    with cli.context_class(cli, info_name="prefdata", **settings) as context:
        context.meta[KEY] = language
        parts.append(f"```text\n{context.get_help()}\n```\n")
        for name in cli.list_commands(context):
            command = cli.get_command(context, name)
            assert command is not None, f"{name} is listed and not there"
            inner = command.context_class(command, info_name=name, parent=context)
            parts.append(f"## prefdata {name}\n\n```text\n{inner.get_help()}\n```\n")
    return "\n".join(parts)


_COMMANDS_HEAD: dict[Language, str] = {
    "en": "# Commands\n\n"
    "*Generated from the help texts by `make schemas`.* [中文](commands.zh-CN.md)\n\n"
    "Help is shown in Chinese where the environment asks for it (`LANG=zh_CN.UTF-8`), and with\n"
    "`--lang zh` before the command: `prefdata --lang zh build --help`.\n",
    "zh": "# 命令\n\n*由 `make schemas` 根据各命令的帮助生成。* [English](commands.md)\n\n"
    "在中文环境中（`LANG=zh_CN.UTF-8`），`prefdata build --help` 直接显示中文帮助；"
    "在其他环境中加 `--lang zh`：`prefdata --lang zh build --help`。\n",
}


def rules_page() -> str:
    """Every rule in a table, by who finds it."""
    kinds = {
        "reading": "While reading: the row goes to quarantine",
        "record": "On one record",
        "across": "Across rows",
        "preflight": "With a tokenizer",
    }
    parts = ["# Rules\n\n*Generated from the registry by `make schemas`.*\n"]
    for kind, heading in kinds.items():
        rows = [
            f"| `{rule.code}` | {rule.level} | {_cell(rule.summary)} | {_cell(rule.fix)} |"
            for rule in ALL_RULES
            if rule.kind == kind
        ]
        parts.append(f"## {heading}\n\n| code | level | finds | fix |\n|---|---|---|---|")
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def main() -> int:
    stale = [
        path
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--write" in sys.argv:
        for path in stale:
            path.parent.mkdir(exist_ok=True)
            path.write_text(generated()[path], encoding="utf-8")
        return 0
    for path in stale:
        click.echo(f"{path.relative_to(ROOT)} is out of date: run `make schemas`", err=True)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
