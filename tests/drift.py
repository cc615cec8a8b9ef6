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
from prefdata.reports.page.translations import chinese_rules
from prefdata.rules.registry import ALL_RULES
from tests.docs import chinese_names, code_map, python_page
from tests.docs.chinese_page import FILE, in_chinese, untranslated

ROOT = Path(__file__).parent.parent


def generated() -> dict[Path, str]:
    """Every generated file and what has to stand in it."""
    schemas = {ROOT / "schemas" / f"{name}.json": schema_text(name) for name in MODELS}
    return schemas | {
        ROOT / "docs" / "commands.md": commands_page("en"),
        ROOT / "docs" / "commands.zh-CN.md": commands_page("zh"),
        ROOT / "docs" / "rules.md": rules_page("en"),
        ROOT / "docs" / "rules.zh-CN.md": rules_page("zh"),
        python_page.PAGE: python_page.python_page(),
        python_page.CHINESE_PAGE: in_chinese(python_page.python_page()),
        code_map.PAGE: code_map.page_with_map(),
        chinese_names.PAGE: chinese_names.page_with_names(chinese_names.PAGE),
        chinese_names.CHINESE_PAGE: chinese_names.page_with_names(chinese_names.CHINESE_PAGE),
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


RULES = {
    "en": {
        "top": "# Rules\n\n*Made of the registry by `make schemas`.* [中文](rules.zh-CN.md)\n",
        "columns": "| code | level | finds | fix |",
        "reading": "While reading: the row goes to quarantine",
        "record": "On one record",
        "across": "Across rows",
        "preflight": "With a tokenizer",
    },
    "zh": {
        "top": "# 规则\n\n*由 `make schemas` 根据规则登记表生成。* [English](rules.md)\n",
        "columns": "| 代码 | 级别 | 发现什么 | 怎么办 |",
        "reading": "读取时：该行进入隔离区",
        "record": "针对单条记录",
        "across": "针对多行",
        "preflight": "需要分词器",
    },
}


def rules_page(language: str) -> str:
    """Every rule in a table, by who finds it."""
    words = RULES[language]
    parts = [words["top"]]
    for kind in ("reading", "record", "across", "preflight"):
        rows = []
        for rule in (rule for rule in ALL_RULES if rule.kind == kind):
            texts = (rule.summary, rule.fix) if language == "en" else chinese_rules()[rule.code]
            cells = " | ".join(_cell(text) for text in texts)
            rows.append(f"| `{rule.code}` | {rule.level} | {cells} |")
        parts.append(f"## {words[kind]}\n\n{words['columns']}\n|---|---|---|---|")
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
        stale = []
    for path in stale:
        click.echo(f"{path.relative_to(ROOT)} is out of date: run `make schemas`", err=True)
    missing, unused = untranslated(python_page.python_page())
    for text in missing:
        click.echo(f"{FILE.relative_to(ROOT)} lacks a translation of: {text}", err=True)
    for text in unused:
        click.echo(f"{FILE.relative_to(ROOT)} translates what no page says: {text}", err=True)
    return 1 if stale or missing or unused else 0


if __name__ == "__main__":
    sys.exit(main())
