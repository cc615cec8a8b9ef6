"""What a command asks of labels without a meaning, and that its answer, pasted, works."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from prefdata.cli.main import exit_code_of

Capture = pytest.CaptureFixture[str]


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return str(path)


def judged(count: int, labels: tuple[object, ...], *, score: bool = False) -> list[dict[str, Any]]:
    """Rows whose first completion is better where the label is the first of `labels`."""
    rows = []
    for number in range(count):
        label = labels[number % len(labels)]
        sides = (f"better {number}", f"worse {number}")
        first, second = sides if label == labels[0] else sides[::-1]
        row = {"prompt": f"q {number}", "reply_a": first, "reply_b": second, "label": label}
        scores = (2, 1) if label == labels[0] else (1, 2)
        rows.append(row | (dict(zip(("score_a", "score_b"), scores, strict=True)) if score else {}))
    return rows


def said(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    code = exit_code_of(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def offered(message: str) -> list[list[str]]:
    return [shlex.split(line) for line in message.splitlines() if line.startswith("  --")]


def converted(capsys: Capture, source: str, out: Path, *words: str) -> list[str]:
    """The chosen texts of a file, read with some options."""
    code, _, err = said(capsys, "convert", source, "--out", str(out), "--to", "jsonl", *words)
    assert code == 0, err
    lines = out.read_text("utf-8").splitlines()
    return [json.loads(line)["chosen"][0]["content"] for line in lines]


@pytest.mark.parametrize("labels", [(1, 0), (True, False), (1, -1), ("yes, it", "it's no")])
def test_a_flag_pasted_from_the_message_reads_the_file(
    labels: tuple[object, ...], tmp_path: Path, capsys: Capture
) -> None:
    source = write(tmp_path / "a.jsonl", judged(300, labels, score=True))
    code, _, err = said(capsys, "inspect", source)
    flags = offered(err)
    assert code == 1 and len(flags) == 2 and err.count("in 150 rows") == 2
    read = [converted(capsys, source, tmp_path / f"{n}.jsonl", *f) for n, f in enumerate(flags)]
    right = [all(text.startswith("better") for text in texts) for texts in read]
    agreeing = [line for line in err.splitlines() if "score_a and score_b agree" in line]
    assert right == ["300 of 300" in line for line in agreeing] and sum(right) == 1
    assert any(all(text.startswith("worse") for text in texts) for texts in read)


def test_a_value_after_the_rows_looked_at_is_in_the_message(
    tmp_path: Path, capsys: Capture
) -> None:
    source = write(tmp_path / "late.jsonl", [*judged(400, (1, 0)), *judged(4, (2,))])
    _, _, err = said(capsys, "validate", source)
    assert "2 in 4 rows" in err and len(offered(err)) == 6


def test_a_config_says_it_for_some_files(tmp_path: Path, capsys: Capture) -> None:
    one = write(tmp_path / "one.jsonl", judged(4, (1, 0)))
    other = write(tmp_path / "other.jsonl", judged(4, (0, 1)))
    config = tmp_path / "run.yaml"
    config.write_text(
        "read:\n  label: 1=first,0=second\n"
        "  labels: {'*other*': '0=first,1=second'}\n"
        "  map: {first: reply_a, second: reply_b}\n"
    )
    for source, name in ((one, "1"), (other, "2")):
        texts = converted(capsys, source, tmp_path / f"{name}.jsonl", "--config", str(config))
        assert all(text.startswith("better") for text in texts) and len(texts) == 4
    _, out, _ = said(capsys, "inspect", other, "--config", str(config), "--json")
    assert "label 0 says the first" in json.loads(out)["files"][0]["polarity"]


def test_criteria_are_asked_for_and_named(tmp_path: Path, capsys: Capture) -> None:
    rows = [
        {"prompt": f"q {n}", "response_0": "better", "response_1": "worse",
         "better_response_id": 0, "safer_response_id": int(n < 3)}
        for n in range(250)
    ]  # fmt: skip
    source = write(tmp_path / "a.jsonl", rows)
    code, _, err = said(capsys, "inspect", source)
    assert code == 1 and "differ in 3 of 250 judgements (1.2%)" in err
    better = converted(capsys, source, tmp_path / "b.jsonl", "--criterion", "better")
    safer = converted(capsys, source, tmp_path / "s.jsonl", "--criterion", "safer")
    assert set(better) == {"better"} and safer.count("worse") == 3


@pytest.mark.parametrize("label", ["1", "1=left", "1=first,1=second", "signed=first"])
def test_a_meaning_that_is_none_is_an_error_of_use(
    label: str, tmp_path: Path, capsys: Capture
) -> None:
    source = write(tmp_path / "a.jsonl", judged(4, (1, 0)))
    for arguments in (["inspect", source], ["validate", source]):
        code, _, err = said(capsys, *arguments, "--label", label)
        assert code == 2 and "--label" in err
        assert "VALUE=first" in err or "at once" in err


def test_sides_mapped_beside_a_label_are_warned_of(
    tmp_path: Path, capsys: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    source = write(tmp_path / "a.jsonl", judged(4, (1, 0)))
    code, _, _ = said(capsys, "inspect", source, "--map", "chosen=reply_a,rejected=reply_b")
    assert code == 0
    assert "'reply_a' as the better one in every row, but 'label'" in caplog.messages[0]
