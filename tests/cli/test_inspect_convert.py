"""The two commands as people call them: exit codes, and what goes to which stream."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prefdata.cli.main import exit_code_of
from prefdata.cli.show.inspection import fitted, wrapped

ROW = {"prompt": "天空是什么颜色？", "chosen": "蓝", "rejected": "绿"}
TWO_TURNS = {**ROW, "prompt": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
LABELLED = {"prompt": "q", "answer_a": "a", "answer_b": "b", "label": 1}


def write(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = exit_code_of(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_inspect_shows_files_on_stdout_and_problems_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, odd = write(tmp_path / "good.jsonl", ROW), write(tmp_path / "odd.jsonl", LABELLED)
    code, out, err = said(capsys, "inspect", odd, good)
    assert code == 1
    assert "the field named chosen is the better one" in out and "天空是什么颜色？" in out
    assert err.startswith("Error: ") and "--dialect judge-one-based" in err and "odd" not in out
    code, out, err = said(capsys, "inspect", good, "--json")
    assert (code, err) == (0, "") and json.loads(out)["files"][0]["rows"] == 1
    assert said(capsys, "inspect", good, "--quiet") == (0, "", "")
    code, out, _ = said(capsys, "inspect", odd, "--dialect", "judge-zero-based")
    assert code == 0 and "label 0 says the first response is the better one" in " ".join(
        out.split()
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect"],
        ["inspect", "x", "--rows", "-1"],
        ["inspect", "x", "--map", "prompt"],
        ["convert", "x"],
        ["convert", "x", "--out", "y"],
        ["convert", "x", "--out", "y", "--to", "xml"],
        ["convert", "--out", "y", "--to", "csv"],
        ["convert", "x", "--out", "-", "--to", "csv"],
    ],
)
def test_wrong_use_is_said_on_stderr(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    code, out, err = said(capsys, *arguments)
    assert (code, out) == (2, "") and err


def test_a_data_file_cannot_drive_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "\x1b[2Jx\u202e[bold red]y[/nothing]\r\x07\n:smile:"
    row = {"prompt": evil, "chosen": evil + "1", "rejected": evil + "2", evil: 1}
    bad = {"prompt": "p", "chosen": [evil], "rejected": "b"}
    path = write(tmp_path / "a.jsonl", row, bad)
    for arguments in (
        ["inspect", path],
        ["convert", path, "--out", str(tmp_path / "o"), "--to", "csv"],
    ):
        _, out, err = said(capsys, *arguments)
        assert not {"\x1b", "\u202e", "\r", "\x07"} & set(out + err)
    _, out, _ = said(capsys, "inspect", path)
    assert "[bold red]y[/nothing]" in out and ":smile:" in out and "\\x1b" in out


def test_lines_fit_whatever_the_script() -> None:
    from rich.cells import cell_len

    for text in ("天空" * 30, "a" * 90, "word " * 20, "天 a空b " * 9, "한국어 文😀" * 9):
        lines = wrapped(text, 10)
        assert all(cell_len(line) <= 10 for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert cell_len(fitted(text, 10)) <= 10 and fitted(text, 10).endswith("…")


def test_convert_writes_and_says_what_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out_file = write(tmp_path / "a.jsonl", ROW), str(tmp_path / "out.csv")
    to_csv = ["convert", path, "--out", out_file, "--to", "csv", "--format", "question"]
    code, out, err = said(capsys, *to_csv)
    assert (code, err) == (0, "") and "1 written" in out and "out.csv" in out
    code, out, err = said(capsys, *to_csv)
    assert (code, out) == (1, "") and "--force" in err
    code, out, err = said(capsys, *to_csv, "--force", "--json")
    result = json.loads(out)
    assert (code, err, result["written"], result["refused"]) == (0, "", 1, False)
    assert said(capsys, *to_csv, "--force", "--quiet") == (0, "", "")


def test_convert_says_what_would_be_lost_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out_file = write(tmp_path / "a.jsonl", ROW, TWO_TURNS), tmp_path / "out.jsonl"
    to_text = ["convert", path, "--out", str(out_file), "--to", "jsonl", "--format", "standard"]
    code, out, err = said(capsys, *to_text)
    assert code == 1 and "a.jsonl:2" in out and "2 messages" in out
    assert "nothing was written" in err and "--drop-unholdable" in err
    assert not out_file.exists()
    code, out, err = said(capsys, *to_text, "--json")
    assert code == 1 and json.loads(out)["refused"] and "nothing was written" in err
    code, out, err = said(capsys, *to_text, "--drop-unholdable", "--provenance")
    assert (code, err) == (0, "") and "out.jsonl.dropped.jsonl" in out
    assert json.loads(out_file.read_text()) == {**ROW, "source": "a.jsonl", "source_row": 1}
