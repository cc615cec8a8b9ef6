from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import prefdata
from prefdata.cli.main import COMMANDS, cli, exit_code_of

ROWS = [
    {"prompt": f"Q{n} 问题?", "chosen": f"A good answer {n}.", "rejected": f"A poor one {n}."}
    for n in range(8)
]
HEAVY = {
    "torch",
    "transformers",
    "datasets",
    "polars",
    "pyarrow",
    "pandas",
    "ray",
    "airflow",
    "numba",
    "scipy",
}
MOST_MODULES = 110
"""What `--help` may import, the standard library included; it took 81 when this was written."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*ROWS, ROWS[0]]))
    return path


def helped(*command: str) -> subprocess.CompletedProcess[str]:
    """What a command says of itself, and on stderr which heavy libraries it has imported."""
    script = (
        "import sys; from prefdata.cli.main import exit_code_of;"
        f"exit_code_of({[*command, '--help']!r});"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )


@pytest.mark.parametrize("command", ["build", "train", "score"])
def test_help_of_a_command_is_light(command: str) -> None:
    assert helped(command).stderr.strip() == "[]"


def test_help_imports_click_and_nothing_else() -> None:
    script = (
        "import json, sys; before = set(sys.modules);"
        "from prefdata.cli.main import exit_code_of; exit_code_of(['--help']);"
        "print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    modules: list[str] = json.loads(done.stderr)
    foreign = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    assert foreign == {"click", "prefdata"}
    assert [name for name in modules if name.startswith("prefdata")] == [
        "prefdata",
        "prefdata.cli",
        "prefdata.cli.languages",
        "prefdata.cli.languages.wanted",
        "prefdata.cli.main",
        "prefdata.cli.process",
        "prefdata.cli.process.streams",
        "prefdata.credentials",
        "prefdata.errors",
        "prefdata.foreign_errors",
        "prefdata.option_names",
        "prefdata.startup",
        "prefdata.version",
    ]
    assert len(modules) <= MOST_MODULES


@pytest.mark.parametrize("width", [40, 80, 100, 400])
def test_a_command_is_listed_with_its_own_words(width: int) -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
        line = click.Command(name, help=COMMANDS[name]).get_short_help_str(width)
        assert line == command.get_short_help_str(width)


def test_every_module_of_a_command_is_listed() -> None:
    folder = Path(prefdata.__file__).parent / "cli"
    commands = (p for p in folder.rglob("*.py") if "@click.command(" in p.read_text("utf-8"))
    made = {path.stem.replace("_", "-") for path in commands}
    assert made == set(COMMANDS)
    said = CliRunner().invoke(cli, ["--help"]).stdout
    assert all(f"\n  {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of([command, "--help"]) == 0
    assert len(capsys.readouterr().out) > 150


def test_build_verify_explain(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    assert exit_code_of(["build", str(source), "--out", out]) == 0
    said = capsys.readouterr()
    assert "duplicate-pair" in said.out
    assert said.err == ""
    assert exit_code_of(["verify", out]) == 0
    assert "Sound: 9 read = 8 kept + 1 dropped + 0 quarantined" in capsys.readouterr().out
    assert exit_code_of(["explain", out, "--row", "8"]) == 0
    said = capsys.readouterr()
    assert "drop: duplicate-pair" in said.out
    assert "A good answer 0." in said.out


def test_json_is_the_manifest(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["build", str(source), "--out", str(tmp_path / "out"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert printed["counts"]["dropped"] == {"duplicate-pair": 1}


def test_quiet_says_nothing(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["build", str(source), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["build", "{source}"], 2, "--out"),
        (["build", "--out", "{tmp}/o"], 2, "SOURCES"),
        (["validate", "{tmp}/absent.jsonl"], 1, "absent.jsonl"),
        (["validate", "{source}", "--rule", "nope=off"], 2, "nope"),
        (["validate", "{source}", "--rule", "tie"], 2, "NAME=VALUE"),
        (["validate", "{source}", "--map", "prompt=absent"], 1, "absent"),
        (["validate", "{source}", "--dialect", "hhh"], 2, "Did you mean 'hh'?"),
        (["inspect", "{source}", "--dialect", "zzz"], 2, "There is no dialect 'zzz'. Known: pairs"),
        (["validate", "{source}", "--map", "finer=chosen"], 2, "no dialect has a part 'finer'"),
        (["inspect", "{source}", "--map", "finer=chosen"], 2, "no dialect has a part 'finer'"),
        (["build", "{source}", "--out", "{tmp}"], 1, "lies in the output folder"),
        (["build", "{source}", "--out", "{tmp}/o", "--test", "0.6", "--validation", "0.5"], 2,
         "nothing would be left"),
        (["verify", "{tmp}"], 1, "no manifest.json"),
        (["frobnicate"], 2, "No such command"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do_on_stderr(
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    filled = [a.format(source=source, tmp=tmp_path) for a in arguments]
    assert exit_code_of(filled) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.out == ""


def test_findings_at_error_level_are_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"prompt": "p", "chosen": "same", "rejected": "same"}) + "\n")
    assert exit_code_of(["validate", str(path), "--report", str(tmp_path / "r.json")]) == 1
    assert "identical-sides" in capsys.readouterr().out
    assert json.loads((tmp_path / "r.json").read_text())["findings"][0]["code"] == "identical-sides"
    assert exit_code_of(["validate", str(path), "--rule", "identical-sides=warning"]) == 0


def test_stdin_is_a_source(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "prefdata.cli.main", "validate", "-", "--json"]
    done = subprocess.run(
        command, input="".join(json.dumps(r) + "\n" for r in ROWS), capture_output=True, text=True
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["rows"] == len(ROWS)


def test_hostile_text_cannot_drive_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    row = {"prompt": "\x1b[2J[red]p", "chosen": "\x1b]0;title\x07c", "rejected": "\u202er"}
    path.write_text(json.dumps(row) + "\n")
    exit_code_of(["build", str(path), "--out", str(tmp_path / "out"), "--quiet"])
    assert exit_code_of(["explain", str(tmp_path / "out"), "--row", "0"]) == 0
    assert exit_code_of(["validate", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "[red]p" in printed
    assert not {"\x1b", "\x07", "\u202e"} & set(printed)


def test_the_public_names_are_sorted_few_and_there() -> None:
    assert prefdata.__all__ == sorted(prefdata.__all__)
    assert len(prefdata.__all__) <= 24
    assert all(getattr(prefdata, name).__doc__ for name in prefdata.__all__)
    assert set(prefdata.__all__) <= set(dir(prefdata))
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        prefdata.absent  # noqa: B018


UNASKED = (
    "llvmlite",
    "numba",
    "openpyxl",
    "pandas",
    "prefdata.dialects.labels.question",
    "prefdata.io.containers.xlsx",
    "prefdata.kernels.shingle",
    "prefdata.label_audit.judge.judge",
    "prefdata.pipeline.stages.audit_labels",
    "prefdata.steps.read.meeting",
    "prefdata.transforms.judgements",
    "pyarrow.dataset",
    "scipy",
    "transformers",
)
"""What a build of a few plain pairs has no use for: judgements, workbooks, an audit, a compiler."""

UNASKED_BY_VALIDATE = (*UNASKED, "polars.dataframe", "prefdata.pipeline.build", "py3langid")


def few_pairs(path: Path) -> Path:
    lines = (
        json.dumps({"prompt": f"What is {n}?", "chosen": f"It is {n}, é.", "rejected": f"Not {n}."})
        for n in range(10)
    )
    path.write_text("\n".join(lines))
    return path


def imported_by(call: list[str], names: tuple[str, ...]) -> str:
    """The exit code of a command, and which of some modules its process has imported."""
    script = (
        "import atexit, sys; from prefdata.cli.main import run;"
        f"atexit.register(lambda: print([name for name in {names!r} if name in sys.modules]));"
        f"run({call!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return f"{done.returncode} {done.stdout.splitlines()[-1]}"


def test_a_build_of_few_pairs_imports_nothing_that_it_has_no_use_for(tmp_path: Path) -> None:
    pairs = few_pairs(tmp_path / "pairs.jsonl")
    call = ["build", str(pairs), "--out", str(tmp_path / "out"), "--quiet"]
    assert imported_by(call, UNASKED) == "0 []"


def test_validate_of_few_pairs_imports_nothing_that_it_has_no_use_for(tmp_path: Path) -> None:
    call = ["validate", str(few_pairs(tmp_path / "pairs.jsonl"))]
    assert imported_by(call, UNASKED_BY_VALIDATE) == "0 []"


def test_a_process_ends_after_its_threads_and_what_is_registered_for_its_end() -> None:
    script = (
        "import atexit, threading, time\n"
        "from prefdata.cli.main import run\n"
        "atexit.register(print, 'at the end')\n"
        "def late(): time.sleep(0.5); print('by a thread')\n"
        "threading.Thread(target=late).start()\n"
        "run(['validate', '/nowhere'])\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ran.stdout.splitlines() == ["by a thread", "at the end"]
    assert ran.returncode == 1
    alone = script.replace("threading.Thread(target=late).start()\n", "")
    ran = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True)
    assert (ran.stdout, ran.returncode) == ("at the end\n", 1)
