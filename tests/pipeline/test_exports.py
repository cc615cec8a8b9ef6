"""The shapes that trainers and services read: their fields, what they cannot hold, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import pyarrow.parquet as pq
import pytest

from prefdata.config.model import ReadConfig
from prefdata.config.section import RecordFormat
from prefdata.pipeline.convert import convert
from prefdata.pipeline.run.reading import find, readings
from prefdata.records.columns import records_of
from prefdata.records.record import Record
from prefdata.results.conversion import Conversion, Target
from prefdata.steps.read.records_or_quarantine import pieces
from prefdata.transforms.convert.exports import EXPORTS, ROWS_OF_A_PAIR

USER = {"role": "user", "content": "Which of these is a city: Paris or Pluto?"}
PARIS = {"role": "assistant", "content": "Paris.\n巴黎。"}
PLUTO = {"role": "assistant", "content": "Pluto."}
TOOL = {"type": "function", "function": {"name": "map", "parameters": {"x": 1.50}}}
CALL = {"type": "function", "function": {"name": "map", "arguments": {"x": 1}}}
PAIR = {"prompt": [USER], "chosen": [PARIS], "rejected": [PLUTO]}
TALK = {
    "prompt": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": "Hello."},
        USER,
    ],
    "chosen": [PARIS],
    "rejected": [PLUTO],
}
PARTS = {"prompt", "chosen", "rejected", "rejected_response"}
"""Names that `pairs` reads itself."""
PROMPT_ID = sha256(USER["content"].encode()).hexdigest()

SHAPES: dict[RecordFormat, list[dict[str, Any]]] = {
    "kto": [
        {"prompt": [USER], "completion": [PARIS], "label": True},
        {"prompt": [USER], "completion": [PLUTO], "label": False},
    ],
    "swift": [{"messages": [USER, PARIS], "rejected_response": PLUTO["content"]}],
    "axolotl": [{"messages": [USER], "chosen": PARIS, "rejected": PLUTO}],
    "openai": [
        {
            "input": {"messages": [USER], "tools": [], "parallel_tool_calls": True},
            "preferred_output": [PARIS],
            "non_preferred_output": [PLUTO],
        }
    ],
    "nemo-rl": [
        {
            "context": [USER],
            "completions": [{"rank": 0, "completion": [PARIS]}, {"rank": 1, "completion": [PLUTO]}],
        }
    ],
    "verl": [
        {
            "prompt": USER["content"],
            "chosen": PARIS["content"],
            "rejected": PLUTO["content"],
        }
    ],
    "ultrafeedback": [
        {
            "prompt": USER["content"],
            "prompt_id": PROMPT_ID,
            "chosen": [USER, PARIS],
            "rejected": [USER, PLUTO],
            "messages": [USER, PARIS],
        }
    ],
}
"""One pair in the shape of each format, by hand from what its owner documents."""

READ_BY: dict[RecordFormat, str] = {
    "kto": "unpaired",
    "swift": "swift",
    "axolotl": "chat",
    "openai": "openai",
    "nemo-rl": "nemo-rl",
    "verl": "pairs",
    "ultrafeedback": "pairs",
}
"""The dialect that reads each format."""


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def exported(
    folder: Path, to: RecordFormat, rows: Sequence[dict[str, Any]], **options: Any
) -> tuple[Conversion, list[dict[str, Any]]]:
    source, out = write_rows(folder / "in.jsonl", rows), folder / f"{to}.jsonl"
    result = convert([source], out=out, to="jsonl", record_format=to, force=True, **options)
    if not out.exists():
        return result, []
    return result, [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def records(path: Path, dialect: str | None = None) -> list[Record]:
    config = ReadConfig(dialect=dialect)
    found = [
        piece
        for reading in readings(find([str(path)], config, path.parent / "spool")[0], config)
        for piece in pieces(reading.segment, reading.match, reading.config)
    ]
    assert not any(piece.quarantined for piece in found)
    return [record for piece in found for record in records_of(piece.batch)]


def pairs(found: list[Record]) -> list[Record]:
    return [Record(r.prompt, r.chosen, r.rejected, r.margin) for r in found]


def test_every_format_has_a_shape_and_a_way_back() -> None:
    assert set(SHAPES) == set(READ_BY) == set(EXPORTS) <= set(get_args(RecordFormat))


@pytest.mark.parametrize("to", EXPORTS)
def test_a_row_has_the_fields_of_its_owner_and_no_others(to: RecordFormat, tmp_path: Path) -> None:
    result, rows = exported(tmp_path, to, [PAIR])
    assert rows == SHAPES[to]
    assert [list(row) for row in rows] == [list(row) for row in SHAPES[to]]
    assert (result.read, result.written, result.left_out) == (1, 1, ())
    assert result.files[0].rows == ROWS_OF_A_PAIR.get(to, 1) == len(SHAPES[to])


@pytest.mark.parametrize("to", EXPORTS)
@pytest.mark.parametrize("target", ["parquet", "arrow", "csv"])
def test_other_containers_hold_the_same(to: RecordFormat, target: Target, tmp_path: Path) -> None:
    import datasets

    source = write_rows(tmp_path / "in.jsonl", [PAIR, {**PAIR, "id": 7}])
    out = tmp_path / f"out.{target}"
    result = convert([source], out=out, to=target, record_format=to)
    assert result.files[0].rows == 2 * len(SHAPES[to])
    if target == "csv":
        assert len(out.read_text("utf-8").split(PLUTO["content"])) > 2
        return
    if target == "parquet":
        rows = pq.read_table(out).to_pylist()
    else:
        rows = datasets.load_from_disk(str(out))["train"].to_list()
    content = [{name: row[name] for name in SHAPES[to][0]} for row in rows]
    assert content == SHAPES[to] * 2


@pytest.mark.parametrize("to", READ_BY)
@pytest.mark.parametrize("named", [False, True])
def test_what_is_written_is_read_as_the_same_pairs(
    to: RecordFormat, tmp_path: Path, *, named: bool
) -> None:
    other = {**PAIR, "prompt": [{"role": "user", "content": "And of these: 罗马, Mars?"}]}
    given = [PAIR, other, *([TALK] if to not in ("verl", "ultrafeedback") else [])]
    if to in ("swift", "ultrafeedback"):
        given = [{**row, "margin": n + 0.5} for n, row in enumerate(given)]
    source = write_rows(tmp_path / "source.jsonl", given)
    exported(tmp_path, to, given)
    again = records(tmp_path / f"{to}.jsonl", READ_BY[to] if named else None)
    wanted = pairs(records(source))
    assert pairs(again) == wanted


@pytest.mark.parametrize("to", ["swift", "verl"])
def test_fields_beside_the_pair_come_back_too(to: RecordFormat, tmp_path: Path) -> None:
    given = [{**PAIR, "id": 1, "tags": ["a"]}, {**TALK, "id": 2}][: 2 if to == "swift" else 1]
    source = write_rows(tmp_path / "source.jsonl", given)
    exported(tmp_path, to, given)
    assert records(tmp_path / f"{to}.jsonl") == records(source)


@pytest.mark.parametrize(
    ("to", "row", "why"),
    [
        ("kto", {**PAIR, "rejected": [PARIS]}, "labelled true and false"),
        ("swift", {**PAIR, "rejected": [PLUTO, USER, PLUTO]}, "its rejected has 3 messages"),
        ("swift", {**PAIR, "prompt": [USER, PARIS]}, "does not end with a user"),
        ("swift", {**PAIR, "rejected": [{**PLUTO, "name": "b"}]}, "nothing but role and content"),
        (
            "swift",
            {**PAIR, "rejected": [{**PLUTO, "content": json.dumps([PLUTO])}]},
            "looks like messages in JSON",
        ),
        ("axolotl", {**PAIR, "chosen": [PARIS, USER, PARIS]}, "its chosen has 3 messages"),
        ("axolotl", {**PAIR, "prompt": [{**USER, "name": "a"}]}, "nothing but role and content"),
        ("openai", {**PAIR, "chosen": [USER]}, "of the role user, not assistant"),
        ("verl", TALK, "its prompt has 4 messages"),
        ("ultrafeedback", TALK, "not one user message"),
        ("ultrafeedback", {**PAIR, "chosen": [PARIS, USER, PARIS]}, "its chosen has 3 messages"),
    ],
)
def test_what_a_format_cannot_hold_is_said_and_nothing_is_written(
    to: RecordFormat, row: dict[str, Any], why: str, tmp_path: Path
) -> None:
    result, rows = exported(tmp_path, to, [PAIR, row])
    assert result.refused and not rows
    (left_out,) = result.left_out
    assert (left_out.reason, left_out.rows) == ("unholdable", 1)
    assert why in left_out.examples[0].why
    result, rows = exported(tmp_path, to, [PAIR, row], drop_unholdable=True)
    assert rows == SHAPES[to]
    assert (result.read, result.written) == (2, 1)


@pytest.mark.parametrize("to", ["kto", "nemo-rl", "openai"])
def test_messages_with_tool_calls_keep_them(to: RecordFormat, tmp_path: Path) -> None:
    calling = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    _, rows = exported(tmp_path, to, [PAIR, {**PAIR, "chosen": [calling]}])
    assert calling in [value for row in rows for value in _within(row)]


def _within(value: Any) -> list[Any]:
    """All objects in a JSON value, at any depth."""
    if isinstance(value, list):
        return [inner for item in value for inner in _within(item)]
    if isinstance(value, dict):
        return [value, *(inner for item in value.values() for inner in _within(item))]
    return []


def test_openai_gets_its_tools_and_nothing_that_it_would_refuse(tmp_path: Path) -> None:
    given = [{**PAIR, "tools": [TOOL], "margin": 2, "id": 7}, {**PAIR, "tools": json.dumps([TOOL])}]
    result, rows = exported(tmp_path, "openai", given)
    assert [row["input"]["tools"] for row in rows] == [[TOOL], [TOOL]]
    assert [list(row) for row in rows] == [list(SHAPES["openai"][0])] * 2
    margin, fields = result.remarks
    assert margin.startswith("1 of 2 records have a margin") and "not written" in margin
    assert fields.startswith("1 of 2 records have fields besides") and "not written" in fields


@pytest.mark.parametrize("to", ["kto", "axolotl", "nemo-rl", "verl"])
def test_a_margin_that_nobody_reads_is_told_of_and_stands_beside(
    to: RecordFormat, tmp_path: Path
) -> None:
    result, rows = exported(tmp_path, to, [{**PAIR, "margin": 2}, PAIR])
    assert [row.get("margin") for row in rows][:: ROWS_OF_A_PAIR.get(to, 1)] == [2.0, None]
    assert [text for text in result.remarks if "margin" in text] == [
        f"1 of 2 records have a margin, which nothing that reads {to} looks at: they stand beside "
        "the pair."
    ]


@pytest.mark.parametrize("to", ["axolotl", "nemo-rl", "verl", "ultrafeedback"])
def test_tools_that_nobody_reads_are_told_of(to: RecordFormat, tmp_path: Path) -> None:
    result, rows = exported(tmp_path, to, [{**PAIR, "tools": [TOOL]}, {**PAIR, "tools": []}])
    assert rows[0]["tools"] == [TOOL]
    assert [text for text in result.remarks if "tools" in text] == [
        f"1 of 2 records offer tools, which nothing that reads {to} looks at: they stand beside "
        "the pair."
    ]


def test_swift_reads_margin_and_tools(tmp_path: Path) -> None:
    result, rows = exported(tmp_path, "swift", [{**PAIR, "margin": 2, "tools": [TOOL]}])
    assert (rows[0]["margin"], rows[0]["tools"], result.remarks) == (2.0, [TOOL], ())


def test_two_rows_a_pair_are_told_of(tmp_path: Path) -> None:
    result, rows = exported(tmp_path, "kto", [PAIR, TALK], provenance=True)
    assert [row["label"] for row in rows] == [True, False, True, False]
    assert [row["source_row"] for row in rows] == [1, 1, 2, 2]
    assert result.remarks[0].startswith("2 pairs are 4 rows of kto")


@pytest.mark.parametrize("to", EXPORTS)
def test_a_field_with_a_name_of_the_format_stands_apart(to: RecordFormat, tmp_path: Path) -> None:
    taken = sorted({name for row in SHAPES[to] for name in row} - PARTS)
    _, rows = exported(tmp_path, to, [{**PAIR, **dict.fromkeys(taken, "mine")}])
    for row, shape in zip(rows, SHAPES[to], strict=True):
        assert {name: row[name] for name in shape} == shape
        if to not in ("openai", "verl"):
            assert row["metadata"] == dict.fromkeys(taken, "mine")


def test_messages_of_unequal_length_are_put_together_in_order(tmp_path: Path) -> None:
    """Lists are rearranged as columns: each row must get its own messages."""
    given = [
        {
            "prompt": [*TALK["prompt"][:2], PARIS, {"role": "user", "content": f"Question {n}?"}]
            if n % 3
            else [{"role": "user", "content": f"Question {n}?"}],
            "chosen": [{"role": "assistant", "content": f"Paris {n}"}],
            "rejected": [{"role": "assistant", "content": f"Pluto {n}"}],
        }
        for n in range(20)
    ]
    _, rows = exported(tmp_path, "kto", given)
    assert rows == [
        {"prompt": row["prompt"], "completion": row[side], "label": side == "chosen"}
        for row in given
        for side in ("chosen", "rejected")
    ]
    _, rows = exported(tmp_path, "nemo-rl", given)
    assert [row["context"] for row in rows] == [row["prompt"] for row in given]
    assert [[c["completion"] for c in row["completions"]] for row in rows] == [
        [row["chosen"], row["rejected"]] for row in given
    ]
    _, rows = exported(tmp_path, "swift", given)
    assert [row["messages"] for row in rows] == [[*r["prompt"], *r["chosen"]] for r in given]


DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "formats.md").read_text(encoding="utf-8")
_EXAMPLE = re.compile(r"<!-- format: (\S+) -->\n```json\n(.*?)```", re.DOTALL)
EXAMPLES = dict(_EXAMPLE.findall(PAGE))


@pytest.mark.parametrize("to", get_args(RecordFormat))
def test_the_page_shows_what_is_written(to: RecordFormat, tmp_path: Path) -> None:
    given = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0]
    _, rows = exported(tmp_path, to, [json.loads(given)])
    assert rows == [json.loads(line) for line in EXAMPLES[to].splitlines()]


def test_the_page_in_chinese_shows_the_same() -> None:
    chinese = (DOCS / "formats.zh-CN.md").read_text(encoding="utf-8")
    assert dict(_EXAMPLE.findall(chinese)) == EXAMPLES
