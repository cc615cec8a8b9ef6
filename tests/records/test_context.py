from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from prefdata.records.calls import shown_of
from prefdata.records.columns import RecordColumns
from prefdata.records.context import (
    context_keys,
    context_of,
    media_fields,
    refers_to_media,
    rows_with_context,
)
from prefdata.records.identity import keys_of, record_fingerprints
from prefdata.records.record import Record, assistant, user

TOOLS = [{"name": "forecast"}]


def batch_of(*metadata: dict[str, Any], prompt: str = "What is this?") -> pa.RecordBatch:
    columns = RecordColumns()
    for number, fields in enumerate(metadata):
        sides = (user(prompt),), (assistant("yes"),), (assistant("no"),)
        columns.append(number, number + 1, Record(*sides, metadata=json.dumps(fields)))
    return columns.batch()


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"annotator": "a1", "score": 7, "note": "an image of a dog"}, []),
        ({"images": ["a.jpg"], "videos": [], "audio": None}, ["images"]),
        ({"video_path": "clips/a"}, ["video_path"]),
        ({"rejected_images": [{"path": "a", "bytes": "AAAA"}]}, ["rejected_images"]),
        ({"figure": "plots/a.PNG"}, ["figure"]),
        ({"seen": ["https://host/a.webp?size=2", "b.gif"]}, ["seen"]),
        ({"seen": ["a.png", "a word"]}, []),
        ({"tools": json.dumps(TOOLS)}, ["tools"]),
        ({"tools": "a hammer"}, []),
        ({"tools": [], "documents": [{"text": "a"}]}, ["documents"]),
        ({"metadata": json.dumps({"images": ["a.jpg"]})}, ["images"]),
        ({"metadata": {"images": ["a.jpg"]}}, ["images"]),
        ({"image_count": 2, "language": "en"}, []),
    ],
)
def test_what_is_shown_with_the_messages(fields: dict[str, Any], names: list[str]) -> None:
    assert list(context_of(json.dumps(fields))) == names
    media = [name for name in names if name not in ("tools", "documents")]
    assert media_fields(json.dumps(fields)) == media
    assert refers_to_media(json.dumps(fields)) == bool(media)
    compact = json.dumps(fields, separators=(",", ":"))
    batch = pa.array([compact]), pa.array(["What is this?"]), pa.nulls(1, pa.string())
    candidates = rows_with_context(*batch, pa.array([0, 1]).to_numpy()).tolist()
    assert candidates == [0] or not names


def test_a_number_that_no_decoder_takes_hides_no_other_field() -> None:
    assert context_of('{"odd": 1e999, "image": "a.png"}') == {"image": "a.png"}
    assert context_of('{"image": 1e999}') == {"image": "1e999"}


def test_a_placeholder_without_a_known_field_makes_every_field_count() -> None:
    one, other, none = ({"photo_of": n} for n in ("a", "b", ""))
    asked = "<image>What is this?"
    assert len(set(context_keys(batch_of(one, other, one, prompt=asked)).tolist())) == 2
    assert not context_keys(batch_of(one, other)).any()
    assert refers_to_media(json.dumps(none), asked)


def test_the_same_context_in_another_form_is_the_same() -> None:
    keys = context_keys(batch_of({"tools": TOOLS}, {"tools": json.dumps(TOOLS), "n": 3}, {}))
    assert keys[0] == keys[1] != 0
    assert keys[2] == 0


def test_other_tools_or_pictures_make_another_prompt_in_the_same_group() -> None:
    batch = batch_of({}, {"n": 1}, {"images": ["a.jpg"]}, {"images": ["b.jpg"]}, {"tools": TOOLS})
    keys = keys_of(batch)
    prompts = keys.column("prompt").to_pylist()
    assert prompts[0] == prompts[1]
    assert len(set(prompts)) == 4
    assert len(set(keys.column("split").to_pylist())) == 1
    assert len(set(record_fingerprints(keys))) == 4
    part = keys_of(batch.slice(2, 2))
    assert part.column("prompt").to_pylist() == prompts[2:4]


def test_fields_of_a_message_that_a_model_is_shown() -> None:
    assert shown_of(None) == shown_of('{"id": "m1", "weight": 1}') == ""
    one, other = (
        json.dumps({"tool_calls": [{"id": n, "function": {"name": "look"}}], "message_id": n})
        for n in ("a", "b")
    )
    assert shown_of(one) == shown_of(other) != ""
    assert shown_of('{"reasoning_content": "Hm."}') == '{"reasoning_content":"Hm."}'
    assert shown_of('{"tool_calls": "none"}') == '{"tool_calls":"none"}'
