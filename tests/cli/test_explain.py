from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len

from prefdata.cli.main import exit_code_of
from prefdata.records.columns import SIDES
from prefdata.results.ledger import LEDGER_SCHEMA, Measured

LONG = " ".join(f"Word{n}" for n in range(400))
ROWS = [
    {
        "prompt": "怎么煮面？",
        "chosen": "水开了再下面，煮八分钟，尝一尝。",
        "rejected": "冷水下面，煮到软。",
    },
    {
        "prompt": "怎么煮面？",
        "chosen": "水开了再放面，煮九分钟，尝一尝。",
        "rejected": "冷水下面，煮到软。",
    },
    {
        "prompt": "怎么煮面？",
        "chosen": "冷水下面，煮到烂。",
        "rejected": "水开了再下面，煮八分钟，尝一尝。",
    },
    {"prompt": "Boil pasta?", "chosen": f"Salt. {LONG} End.", "rejected": "No."},
    {"prompt": "Boil pasta?", "chosen": f"Sugar. {LONG} End.", "rejected": "no. "},
    {
        "prompt": "A \x1b[2Jprompt",
        "chosen": "Say [red]this[/] \x1b]0;title\x07 now\u202e.",
        "rejected": ":smile: [-",
    },
    {
        "prompt": "A \x1b[2Jprompt",
        "chosen": "Say [bold]that[/] \x9b31m now\u200b.",
        "rejected": ":smile: [/nothing]",
    },
]
MORE = [  # behind two copies
    {
        "prompt": "Boil pasta?",
        "chosen": "In plenty of water, and taste it early.",
        "rejected": "In a dry pan.",
    },
    {"prompt": "Boil pasta? 怎么煮面？", "chosen": "Water first.", "rejected": "Salt last."},
]
SAID = {  # what a step that compares texts would say: row to reason, other row
    1: ("near-duplicate", 0),
    2: ("near-conflict", 0),
    4: ("near-duplicate", 3),
    6: ("near-duplicate", 5),
    9: ("near-duplicate", 3),
    10: ("bridges-splits", 3),
}


@pytest.fixture
def out(tmp_path: Path) -> str:
    """A build whose ledger says of a few rows, by hand, what they are like."""
    source, out = tmp_path / "a.jsonl", tmp_path / "out"
    source.write_text("".join(json.dumps(row) + "\n" for row in [*ROWS, *ROWS[:2], *MORE]))
    config = tmp_path / "build.yaml"
    config.write_text("near: {action: off}\nlabels: {cycles: off}\nsplit: {near: 0}\n")
    assert (
        exit_code_of(["build", str(source), "--config", str(config), "--out", str(out), "--quiet"])
        == 0
    )
    for path in (out / "ledger").glob("*.parquet"):
        lines = pl.read_parquet(path).to_dicts()
        for line in lines:
            line["flags"] += [_flag(*SAID[line["row"]])] if line["row"] in SAID else []
        table = pl.DataFrame(lines, schema=pl.Schema(LEDGER_SCHEMA)).to_arrow()
        table = table.cast(LEDGER_SCHEMA)
        pq.write_table(table, path)
    return str(out)


def _flag(reason: str, other: int) -> dict[str, Any]:
    if reason == "bridges-splits":
        evidence = f"connects row {other} (train, similar prompt) with row 0 (test, same prompt)"
        rows = _measured(rows=[other, 0])
        return {"reason": reason, "evidence": evidence, "other": other, "measured": rows}
    evidence = f"similarity 0.912 to row {other} (prompt 1.000, chosen 0.912, rejected 0.950)"
    alike = _measured(similarity=0.912)
    return {"reason": reason, "evidence": evidence, "other": other, "measured": alike}


def _measured(**values: Any) -> dict[str, Any]:
    return dict.fromkeys(Measured.model_fields) | values


def said(
    capsys: pytest.CaptureFixture[str], out: str, *arguments: str, columns: int | None = None
) -> str:
    with pytest.MonkeyPatch.context() as patch:
        if columns:
            patch.setenv("COLUMNS", str(columns))
        assert exit_code_of(["explain", out, *arguments]) == 0
    return capsys.readouterr().out


MARKED = "水开了再[-放-]面，煮[-九-]分钟，尝一尝。", "水开了再{+下+}面，煮{+八+}分钟，尝一尝。"


def test_wide_is_side_by_side(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, out, "--row", "1", columns=120).splitlines()
    (line,) = (line for line in lines if line.startswith("  chosen"))
    assert re.split("  +", line.strip()) == ["chosen", MARKED[0], "chosen", MARKED[1]]
    (line,) = (line for line in lines if line.startswith("  prompt"))
    assert re.split("  +", line.strip()) == ["prompt", "user: 怎么煮面？", "prompt", "(the same)"]
    assert "  marked: [-only in row 1-] {+only in row 0+}" in lines


def test_narrow_is_one_above_the_other(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, out, "--row", "1", columns=80).splitlines()
    at = lines.index(f"  row 1 chosen    {MARKED[0]}")
    assert lines[at + 1] == f"  row 0 chosen    {MARKED[1]}"


def test_opposite_labels_stand_crossed(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, out, "--row", "2", columns=120)
    assert "opposite labels: what row 2 prefers, row 0 rejects" in printed
    assert re.search(
        r"chosen +冷水下面，煮到\[-烂-\]。 +rejected +冷水下面，煮到\{\+软\+\}。", printed
    )
    assert re.search(r"rejected +水开了再下面，煮八分钟，尝一尝。 +chosen +\(the same\)", printed)


def test_a_representative_says_how_to_see_its_copies(
    out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = said(capsys, out, "--row", "0")
    assert "stands        for 1 more row: 1 duplicate-pair; see\n" in printed
    assert f"prefdata explain {out} --cluster 0" in printed


@pytest.mark.parametrize("member", ["0", "1", "2", "7", "8"])
def test_a_cluster_is_the_same_whoever_is_asked(
    out: str, capsys: pytest.CaptureFixture[str], member: str
) -> None:
    printed = said(capsys, out, "--cluster", member)
    assert printed.startswith(
        "cluster of 5 rows: 2 duplicate-pair, 1 near-conflict, 1 near-duplicate\nrow 0  "
    )
    heads = re.findall(r"^row (\d)", printed, re.M)
    assert heads == ["0", "1", "2", "7", "8"]
    assert "  why      similarity 0.912 to row 0" in printed


def test_texts_that_have_nothing_in_common_go_without_marks(
    out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = said(capsys, out, "--row", "9", columns=80)
    unlike = """\
against row 3  a.jsonl:4  keep
  row 9 prompt    user: Boil pasta?
  row 3 prompt    (the same)
  (different texts)
  row 9 chosen    In plenty of water, and taste it early.
  row 3 chosen    Salt."""
    assert unlike in re.sub(r"/\S*/", "", printed)
    spans = json.loads(said(capsys, out, "--row", "9", "--json"))["shown"][0]["compared"][0]
    assert {s["kind"] for s in spans["parts"][1]["difference"]["spans"]} >= {"left", "right"}


def test_a_bridge_shows_the_prompts_of_both_rows(
    out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(capsys, out, "--row", "10", columns=80).splitlines()
    assert [line.split()[2] for line in lines if line.startswith("against")] == ["3", "0"]
    assert lines[-2:] == [
        "  row 10 prompt    user: [-Boil pasta? -]怎么煮面？",
        "  row 0 prompt     user: 怎么煮面？",
    ]
    assert not any("chosen" in line for line in lines)


@pytest.mark.parametrize("columns", [80, 160])
@pytest.mark.parametrize("row", ["1", "4", "10"])
def test_labels_stand_above_each_other(
    out: str, capsys: pytest.CaptureFixture[str], row: str, columns: int
) -> None:
    lines = said(capsys, out, "--row", row, columns=columns).splitlines()
    about = lines[1 : next(at for at, line in enumerate(lines) if line.startswith("against"))]
    labels = [line[2:].split(" ")[0] for line in about]
    indent = 3 + max(8, *map(len, labels))
    assert "split" in labels
    assert all(line[indent - 1] == " " != line[indent] for line in about)
    shown = (line for line in lines if line.startswith("  ") and "prefdata explain" not in line)
    assert max(map(cell_len, shown)) <= columns


def test_the_group_of_a_row_is_said_where_another_row_is_its_first(
    out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert re.search(r"^  group +3$", said(capsys, out, "--row", "9"), re.M)
    assert not re.search("^  group", said(capsys, out, "--row", "3"), re.M)


def test_columns_stay_columns_in_chinese(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, out, "--row", "1", columns=101).splitlines()
    right = [
        cell_len(line[: line.rindex(side)])
        for line in lines
        for side in SIDES
        if re.match(rf"  {side} .* {side} ", line)
    ]
    assert len(right) == 3
    assert len(set(right)) == 1


def test_a_limit_is_said(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, out, "--cluster", "0", "--limit", "2")
    assert "2 of 4 members shown; --limit shows more." in printed
    assert "row 7" not in printed


def test_long_equal_stretches_are_shortened_unless_full(
    out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    short, full = (
        said(capsys, out, "--row", "4", *more, columns=600) for more in ((), ("--full",))
    )
    assert "[-Sugar-]. Word0 Word1" in short
    pattern = r"\[-Sugar-\](\. Word0 .*? )… \(([\d,]+) characters the same\) …( .*? End\.)  "
    head, left_out, tail = re.search(pattern, short).groups()  # type: ignore[union-attr]
    assert len(head + tail) + int(left_out.replace(",", "")) == len(f". {LONG} End.")
    assert "Word200" not in short
    assert "Word200" in full
    assert "characters the same" not in full
    assert "[-no-]{+No+}" not in short  # each side has its own marks
    note = "  (nothing differs but Unicode form, case or white space)\n  rejected  [-no-].[-␣-] "
    assert re.sub(" +", " ", note) in re.sub(" +", " ", short)


@pytest.mark.parametrize("columns", [200, 60])
def test_hostile_text_does_not_act(
    out: str, capsys: pytest.CaptureFixture[str], columns: int
) -> None:
    printed = said(capsys, out, "--cluster", "6", columns=columns)
    printed += said(capsys, out, "--reason", "near-duplicate", columns=columns)
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\u200b"} & set(printed)
    for literal in ("[-red", "{+bold", "\\x1b", "\\u202e", "\\u200b", ":smile: ", "[-"):
        assert literal in printed


def test_a_terminal_shows_marks_in_colour(
    out: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    printed = said(capsys, out, "--row", "1", columns=120)
    assert "\x1b[31m[-放-]\x1b[0m" in printed
    assert "\x1b[32m{+下+}\x1b[0m" in printed


def test_json_holds_every_difference(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    cluster = json.loads(said(capsys, out, "--cluster", "1", "--json"))
    assert cluster["representative"]["line"]["row"] == 0
    assert cluster["matching"] == 4
    near = cluster["shown"][0]
    assert (near["link"], near["named"], near["similarity"]) == ("near-duplicate", 0, 0.912)
    chosen = near["compared"]["parts"][1]
    spans = chosen["difference"]["spans"]
    assert "".join(s["text"] for s in spans if s["kind"] != "right") == ROWS[0]["chosen"]
    assert "".join(s["text"] for s in spans if s["kind"] != "left") == ROWS[1]["chosen"]
    (row,) = json.loads(said(capsys, out, "--row", "2", "--json"))["shown"]
    assert row["compared"][0]["opposite"] is True
    assert (row["compared"][0]["parts"][1]["right"]) == "rejected"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--cluster", "1", "--row", "1"], "without --row"),
        (["--cluster", "99"], "no row with number 99"),
        ([], "--cluster NUMBER"),
    ],
)
def test_wrong_use_is_told(
    out: str, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    assert exit_code_of(["explain", out, *arguments]) == 2
    assert why in capsys.readouterr().err
