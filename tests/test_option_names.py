"""Options in messages: known, and to callers in Python what they write instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click
import pytest

import prefdata
from prefdata.cli.main import cli
from prefdata.cli.options.knobs import Knob
from prefdata.errors import ConfigError, OutputError, PrefdataError, told_in_shell
from prefdata.option_names import EVERYWHERE, OF_COMMANDS, in_python

SHELL_ONLY = {
    "batch-out", "cluster", "export", "flag", "full", "host", "import", "json", "only", "port",
    "preview", "print", "print-rubric", "print-template", "project", "public-url", "quiet",
    "report", "review", "rows",
}  # fmt: skip
"""Options without a parameter or a key: of screens, and of the server of annotation."""
OF_OTHERS = {"long", "ultra", "help", "force-reinstall"}
"""Options of other programs."""
NO_FUNCTION = {"annotate", "card", "rules", "schema"}
"""Commands whose options nobody meets in Python."""
FLAGS = re.compile(r"(=True|=False|: (true|false|ignore|flip|drop))$")
ROOT = Path(prefdata.__file__).parent


def options() -> Iterator[tuple[str, click.Option, str]]:
    for command in cli.list_commands(click.Context(cli)):
        found = cli.get_command(click.Context(cli), command)
        assert found is not None
        for option in found.params:
            if isinstance(option, click.Option) and command not in NO_FUNCTION:
                for name in (*option.opts, *option.secondary_opts):
                    if name.startswith("--"):
                        yield command, option, name.removeprefix("--")


def texts(path: Path) -> Iterator[str]:
    """The texts of a module but for its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    alone = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_each_option_is_called_by_what_its_command_declares() -> None:
    assert [
        (command, name, in_python(f"Pass --{name}.", command))
        for command, option, name in options()
        if isinstance(option, Knob)
        and FLAGS.sub("", in_python(f"Pass --{name}.", command)[5:-1]) != option.name
    ] == []


def test_each_other_option_is_known_or_for_the_shell_alone() -> None:
    others = {name for _, option, name in options() if not isinstance(option, Knob)}
    unknown = {
        name
        for command, option, name in options()
        if not isinstance(option, Knob) and in_python(f"--{name}", command) == f"--{name}"
    }
    assert unknown == SHELL_ONLY & others
    assert {*EVERYWHERE, *chain(*OF_COMMANDS.values())} <= {name for _, _, name in options()}


def test_every_option_in_a_message_of_the_package_is_known() -> None:
    modules = [p for p in ROOT.rglob("*.py") if p.relative_to(ROOT).parts[0] not in ("cli",)]
    sentences = (ROOT / "results/sentences.json").read_text("utf-8")
    found = {
        name
        for text in (*chain(*map(texts, modules)), sentences)
        for name in re.findall(r"(?<![\w-])--([a-z][a-z-]*[a-z])(?![\w-])", text)
    }
    known = {*EVERYWHERE, *chain(*OF_COMMANDS.values())}
    assert found - known <= SHELL_ONLY | OF_OTHERS
    assert {"map", "label", "dialect", "decisions"} <= found


@pytest.mark.parametrize(
    ("message", "command", "told"),
    [
        ("--force makes it anew", "build", "force=True makes it anew"),
        ("name it: --map label=FIELD.", "", "name it: read.map {label: FIELD}."),
        (
            "  --map 'prompt=a b,chosen=c|d' --label '1=first,0=second'",
            "",
            "  read.map {prompt: a b, chosen: c|d} read.label '1=first,0=second'",
        ),
        ("keep them: --rule tie=warning, or", "", "keep them: check.rules {tie: warning}, or"),
        ("the field with --map.", "", "the field with read.map."),
        ("against.field (--against-field)", "", "against.field"),
        ("split.published: ignore (--resplit) divides", "", "split.published: ignore divides"),
        ("(--max-length)", "train", "(reward.length.tokens)"),
        ("(--max-length)", "validate", "(check.max_length)"),
        ("name one (--model)", "judge", "name one (model)"),
        ("a larger --patience", "push", "a larger patience"),
        ("run `prefdata push OUT --tag v1`", "", "run `prefdata push OUT --tag v1`"),
        (
            "prefdata explain OUT --reason CODE for it; --kept sets another limit",
            "gate",
            "prefdata explain OUT --reason CODE for it; kept sets another limit",
        ),
        ("without --long and --ultra", "", "without --long and --ultra"),
        ("a--map, --mapped, ---out", "", "a--map, --mapped, ---out"),
    ],
)  # fmt: skip
def test_options_are_told_as_python_takes_them(message: str, command: str, told: str) -> None:
    assert in_python(message, command) == told


def test_an_error_knows_what_was_called() -> None:
    with pytest.raises(PrefdataError) as error:
        prefdata.judge("sample_data/clean", out="unused")
    assert "name the model that judges (model)" in str(error.value)
    with told_in_shell():
        assert "(--model)" in str(error.value)


def test_a_config_is_named_by_its_keys(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"x": "a", "y": "b", "z": "c"}\n')
    with pytest.raises(PrefdataError, match=r"read.map \{prompt: FIELD, chosen: FIELD"):
        prefdata.build(str(source), out=tmp_path / "out")
    with pytest.raises(ConfigError, match=r"^read\.label what: "):
        prefdata.build(str(source), out=tmp_path / "out", config={"read": {"label": "what"}})
    with pytest.raises(OutputError, match="Choose another out"):
        prefdata.build(str(source), out=source, force=True)
