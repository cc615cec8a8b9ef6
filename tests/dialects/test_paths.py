"""Mappings that name a place inside of a field, or the first of several fields with a value."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from prefdata.dialects.convert import convert_row, text_fields
from prefdata.dialects.detect import detect
from prefdata.dialects.paths import with_paths
from prefdata.errors import DialectError, RowFault
from prefdata.records.record import Record, assistant, user

ROW = {
    "task": {"Ask Me": [{"role": "user", "content": "多大？"}]},
    "outs": '[{"text": "很大"}, {"text": "很小"}]',
    "a.b": "dotted",
}
SAID = {"prompt": "task.ask_me", "chosen": "outs.0.text", "rejected": "outs.-1.text"}


def test_parts_are_found_inside_of_fields() -> None:
    match = detect([ROW], place="x", mapping=SAID)
    assert match.dialect == "pairs"
    raw = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in ROW.items()}
    for row in (ROW, raw):
        record = convert_row(row, match)
        assert (record.prompt, record.chosen) == ((user("多大？"),), (assistant("很大"),))
        assert record.rejected == (assistant("很小"),)
        assert json.loads(record.metadata) == ROW  # the whole fields, and no path


def test_the_first_alternative_with_a_value_is_read() -> None:
    said = {"prompt": "prompt|question|task.text"}
    rows: list[dict[str, Any]] = [
        {"prompt": "一", "question": "二"},
        {"prompt": " ", "question": "二"},
        {"prompt": None, "question": float("nan"), "task": {"text": "三"}},
    ]
    rows = [{**row, "chosen": "甲", "rejected": "乙"} for row in rows]
    match = detect(rows, place="x", mapping=said)
    prompts = [convert_row(row, match).prompt[0].content for row in rows]
    assert prompts == ["一", "二", "三"]
    assert text_fields(match, ("prompt", "chosen", "rejected")) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [("a.b", "dotted"), ("outs.1.text", "很小"), ("outs.7.text", None), ("task.none", None),
     ("a.b.c", None), ("outs.x", None), ("none.at.all", None)],
)  # fmt: skip
def test_what_a_path_leads_to(path: str, value: object) -> None:
    assert with_paths(ROW, [path]).get(path) == value


def test_a_path_that_leads_nowhere_is_said() -> None:
    with pytest.raises(DialectError, match=r"no row looked at has a field 'task\.none'"):
        detect([ROW], place="x", mapping={**SAID, "prompt": "task.none"})
    match = detect([ROW], place="x", mapping=SAID)
    with pytest.raises(RowFault, match="prompt is missing"):
        convert_row({**ROW, "task": {}}, match)


def test_a_field_of_the_whole_name_comes_first() -> None:
    row = {"a.b": "一", "a": {"b": "二"}, "chosen": "甲", "rejected": "乙"}
    match = detect([row], place="x", mapping={"prompt": "a.b"})
    record = convert_row(row, match)
    assert record == Record((user("一"),), (assistant("甲"),), (assistant("乙"),), None,
                            record.metadata)  # fmt: skip
