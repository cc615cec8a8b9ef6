r"""Finding the blocks of a Markdown page that can be run, and running them.

In a ```console block, lines that begin with `$ ` are commands (a `\` at the end continues), the
rest is what the last command prints, stdout and stderr as they come; a line of `...` stands for
any lines, `...` at the end of a line for the rest of it. Commands end with exit code 0, unless
`<!-- exit: N -->` right after the block says how the last one ends. A ```python block is run too,
as a doctest where it holds `>>>`; `<!-- not run: WHY -->` right before it keeps it from that.

`python tests/docs/console_blocks.py` writes what commands print now into the pages, but for
blocks that hold `...`.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TRANSLATIONS = {
    path.with_name(path.name.replace(".zh-CN", "")): path
    for folder in (ROOT, DOCS)
    for path in sorted(folder.glob("*.zh-CN.md"))
}
"""Pages, and the same in Chinese: the blocks are the same ones."""

PAGES = (ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted(DOCS.glob("*.md")))

_BLOCK = re.compile(
    r"(?:<!-- (?P<skip>not run): [^\n]*-->\n)?"
    r"^```(?P<kind>console|python|sh)\n(?P<body>.*?)^```\n(?:<!-- exit: (?P<code>\d+) -->\n)?",
    re.M | re.S,
)
_PROGRESS = re.compile(r"^[\w ]+: [\d,]+ of [\d,]+, [\d,.]+/s, about [^\n]* left[^\n]*\n", re.M)


@dataclass(frozen=True)
class Command:
    """A command of a console block, and what it has to print."""

    text: str
    output: str
    code: int = 0


@dataclass(frozen=True)
class Block:
    """A block of a page: `kind` is console, python or sh."""

    kind: str
    body: str
    line: int
    code: int
    is_run: bool

    @property
    def commands(self) -> list[Command]:
        """The commands of a console block."""
        parts = re.split(r"^\$ ((?:.*\\\n)*.*\n)", self.body, flags=re.M)[1:]
        found = [Command(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
        return [*found[:-1], replace(found[-1], code=self.code)]


def blocks(page: str) -> list[Block]:
    """The console, python and sh blocks of a page, in order."""
    return [
        Block(
            kind=match["kind"],
            body=match["body"],
            line=page.count("\n", 0, match.start("body")),
            code=int(match["code"] or 0),
            is_run=match["skip"] is None,
        )
        for match in _BLOCK.finditer(page)
    ]


def matches(printed: str, expected: str) -> bool:
    """Is this what a block says, white space at the end of lines aside?

    A line that ends with dots says how it begins: numbers that depend on the machine follow.

    >>> matches("a\\nb\\nc\\n", "a\\n...\\nc\\n"), matches("a\\n", "b\\n")
    (True, False)
    """
    lines = [_pattern(line) for line in plain(expected)]
    return re.fullmatch("".join(lines), "".join(f"{line}\n" for line in plain(printed))) is not None


def _pattern(line: str) -> str:
    if line == "...":
        return r"(?:.*\n)*?"
    begins = line.removesuffix("...")
    return f"{re.escape(begins)}.*\n" if begins != line else f"{re.escape(line)}\n"


def plain(text: str) -> list[str]:
    """The lines of a text without white space at their ends."""
    return [line.rstrip() for line in text.splitlines()]


def workplace(folder: Path) -> dict[str, str]:
    """Makes a folder look like a fresh clone in which prefdata is installed; the environment."""
    for name in ("sample_data", "pipelines"):
        shutil.copytree(ROOT / name, folder / name)
    shim = folder / ".bin" / "prefdata"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m prefdata "$@"\n')
    shim.chmod(0o755)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("COV_CORE")},
        "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "100",
        "LANG": "C.UTF-8",
        "HF_HOME": str(folder / ".cache"),
        "HF_HUB_OFFLINE": "1",
        "PREFDATA_CACHE": str(folder / ".cache" / "prefdata"),
    }


def printed_by(command: Command, folder: Path, environment: dict[str, str]) -> tuple[str, int]:
    """What a command prints, both streams together, and its exit code.

    Left out is how far it has come, which is only said where a machine is slow.
    """
    done = subprocess.run(
        command.text,
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return _PROGRESS.sub("", done.stdout), done.returncode


def run_python(block: Block, names: dict[str, object], place: str) -> None:
    """Runs a python block in the current folder; `names` are shared by the blocks of a page."""
    if ">>>" not in block.body:
        exec(compile(block.body, place, "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(block.body, names, place, place, block.line)
    complaints: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=complaints.append, clear_globs=False)
    names |= test.globs
    assert not complaints, "".join(complaints)


def rewritten(page: str, printed: Iterator[str]) -> str:
    """The page with the body of every console block replaced, in order."""
    return _BLOCK.sub(
        lambda m: m[0].replace(m["body"], next(printed)) if m["kind"] == "console" else m[0], page
    )


def _as_run(block: Block, folder: Path, environment: dict[str, str]) -> str:
    body = ""
    for command in block.commands:
        printed, _ = printed_by(command, folder, environment)
        body += f"$ {command.text}" + "".join(f"{line}\n" for line in plain(printed))
    return block.body if "\n...\n" in block.body else body


def main() -> None:
    for path in PAGES:
        page = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            environment = workplace(Path(folder))
            bodies = [
                _as_run(block, Path(folder), environment)
                for block in blocks(page)
                if block.kind == "console"
            ]
        path.write_text(rewritten(page, iter(bodies)), encoding="utf-8")


if __name__ == "__main__":
    main()
