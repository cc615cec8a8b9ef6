"""In which language a real process gives its help."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from prefdata.cli.languages.wanted import language_of

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def said(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return subprocess.run(
        [sys.executable, "-m", "prefdata", *words],
        env={**plain, "PYTHONUTF8": "1", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_MESSAGES": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "C.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "zh_CN.UTF-8"}, "zh"),
    ],
)
def test_the_first_variable_that_is_set_decides(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


CHINESE = {"LANG": "zh_CN.UTF-8"}


@pytest.mark.parametrize(
    ("words", "environment", "start"),
    [
        (["build", "--help"], CHINESE, "用法：prefdata build [选项] [来源]..."),
        (["build", "-h"], {**CHINESE, "LC_ALL": "C.UTF-8"}, "Usage: prefdata build"),
        (["--lang", "zh", "build", "--help"], {}, "用法：prefdata build"),
        (["--lang", "en", "build", "--help"], CHINESE, "Usage: prefdata build"),
        (["--lang", "zh", "--help"], {}, "用法：prefdata [选项] 命令 [参数]..."),
        (["--help", "--lang", "zh"], {}, "用法：prefdata"),
        (["--help", "--lang=en"], CHINESE, "Usage: prefdata"),
        (["verify", "--help"], CHINESE, "用法：prefdata verify [选项] 输出文件夹"),
    ],
)
def test_help_is_in_the_wanted_language(
    words: list[str], environment: dict[str, str], start: str
) -> None:
    done = said(*words, **environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(start)


def test_no_command_at_all_shows_the_help_in_chinese() -> None:
    done = said(**CHINESE)
    assert (done.stdout + done.stderr).startswith("用法：prefdata")


def test_an_unknown_language_is_refused() -> None:
    done = said("--lang", "fr", "build", "--help")
    assert done.returncode == 2
    assert "'fr' is not one of 'en', 'zh'" in done.stderr


def test_what_a_command_says_besides_does_not_depend_on_the_language() -> None:
    for words in (["rules"], ["schema", "config"], ["build"], ["verify", "absent", "--json"]):
        english, chinese = said(*words), said(*words, **CHINESE)
        assert (english.returncode, english.stdout, english.stderr) == (
            chinese.returncode,
            chinese.stdout,
            chinese.stderr,
        )


def test_chinese_help_imports_click_and_nothing_else() -> None:
    script = (
        "import json, sys; before = set(sys.modules);"
        "from prefdata.cli.main import exit_code_of; exit_code_of(['--lang', 'zh', '--help']);"
        "print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    foreign = {name.partition(".")[0] for name in json.loads(done.stderr)}
    assert foreign - sys.stdlib_module_names == {"click", "prefdata"}
