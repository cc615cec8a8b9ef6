"""The gates of the rules never miss what the rules themselves find."""

from __future__ import annotations

import math
import pickle
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.records.columns import RecordColumns
from prefdata.records.record import ROLES, Message, Record, assistant, user
from prefdata.records.texts import TextView
from prefdata.rules import rule
from prefdata.rules.registry import ALL_RULES
from prefdata.rules.rule import examine_batch, examine_reference

RULES = [rule for rule in ALL_RULES if rule.examine]

PIECES = [
    *("", " ", "\n", "\n\n", "\t", "\r\n", " " * 11, "\x1c", "\x00", "\x0b", "\x7f", "\x85"),
    *("\xa0", "\u3000", "\u200b", "\u2060", "\ufeff", "\u3164", "\u2800", "\ufe0f", "\u0301"),
    *("a", "A", "e", "K", "\u212a", "ß", "ss", "ﬁ", "fi", "é", "e\u0301", "ſ", "İ", "i\u0307"),
    *("word", "The answer is 42.", "x" * 30, "This is a text of more than 24 bytes. "),
    *(
        "汉",
        "語",
        "天气很好。",
        "漢\u3000字",
        "\uf900",
        "豈",
        "か\u3099",
        "が",
        "각",
        "\u1100\u1161",
    ),
    *("é ", "“", "”", "…", "’", "😀", "👩\u200d💻", "ä", "Ã", "Ã©", "â€", "ï¼", "\ufffd", "锟斤拷"),
    *("null", "N/A", "na", "[Deleted]", "Error: 503 Service Unavailable", "None.", "无", "?"),
    *("Human:", "Assistant:", "\nHuman:", "### Response:", "USER:", "\nASSISTANT:", "### "),
    *("<|im_end|>", "<｜User｜>", "<|", "|>", "<s>", "</s>", "[INST]", "<pad>", "[", "<"),
    *("I'm sorry, but I can’t help", "as an AI, I cannot", "抱歉，我不能", "我无法提供"),
]

text = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=5).map("".join),
    st.text(st.characters(codec="utf-8"), max_size=12),
)


def _respelled(base: str) -> st.SearchStrategy[str]:
    """A text that a rule may take for the same, or for the beginning of the same."""
    ways: list[Callable[[str], str]] = [
        *(str.upper, str.lower, str.casefold, str.strip),
        *(lambda t: f"\u3000{t} ", lambda t: t.replace(" ", "  "), lambda t: t + "?", str.split),
        *(lambda t: unicodedata.normalize("NFD", t), lambda t: unicodedata.normalize("NFC", t)),
        *(lambda t: t[: len(t) // 2], lambda t: t + " and more", lambda t: t, lambda t: t + t),
    ]
    return st.sampled_from(ways).map(lambda way: "".join(way(base)))


@st.composite
def messages(draw: st.DrawFn, role: str, base: str) -> tuple[Message, ...]:
    content = st.one_of(text, _respelled(base))
    extra = st.sampled_from([None, None, '{"tool_calls":[{"id":"1"}]}', '{"name":"x"}'])
    one = st.builds(Message, st.just(role), content, st.none()).map(lambda m: (m,))
    several = st.lists(
        st.builds(Message, st.sampled_from(ROLES), st.one_of(st.none(), content), extra),
        max_size=3,
    ).map(tuple)
    return draw(st.one_of(one, one, several))


@st.composite
def records(draw: st.DrawFn) -> Record:
    base = draw(text)
    return Record(
        draw(messages("user", base)),
        draw(messages("assistant", base)),
        draw(messages("assistant", base)),
        draw(st.sampled_from([None, None, 0.0, -0.0, 1.0, -2.0, math.nan, math.inf, -math.inf])),
    )


def batch_of(found: list[Record]) -> pa.RecordBatch:
    columns = RecordColumns()
    for index, record in enumerate(found):
        columns.append(index, index + 1, record)
    return columns.batch()


@settings(max_examples=300, deadline=None)
@given(st.lists(records(), max_size=6), st.integers(0, 2))
def test_gates_miss_nothing(found: list[Record], start: int) -> None:
    batch = batch_of(found).slice(start)  # offsets of a sliced batch do not begin at 0
    assert examine_batch(batch, RULES) == examine_reference(found[start:], RULES)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(text, text, text), min_size=1, max_size=6))
def test_gates_miss_nothing_in_single_messages(found: list[tuple[str, str, str]]) -> None:
    rows = [Record((user(p),), (assistant(c),), (assistant(r),)) for p, c, r in found]
    assert examine_batch(batch_of(rows), RULES) == examine_reference(rows, RULES)


def test_a_null_may_cover_bytes() -> None:
    """Arrow does not say that the bytes under a null are none."""
    batch = batch_of([Record((user("q"),), (assistant("hidden"),), (Message("assistant", None),))])
    chosen = batch.column("chosen")
    _, ends, data = chosen.values.field("content").buffers()
    covered = pa.StringArray.from_buffers(1, ends, data, pa.py_buffer(b"\0"))
    fields = [chosen.values.field("role"), covered, chosen.values.field("extra")]
    column = pa.ListArray.from_arrays(
        chosen.offsets,
        pa.StructArray.from_arrays(fields, fields=list(chosen.type.value_type)),
        type=chosen.type,
    )
    hidden = batch.set_column(
        batch.schema.get_field_index("chosen"), batch.schema.field("chosen"), column
    )
    codes = {finding.code for finding in examine_batch(hidden, RULES)}
    assert {"identical-sides", "empty-completion"} <= codes


def test_findings_come_in_order_of_rows_then_rules() -> None:
    rows = [
        Record((), (assistant("x"),), (assistant("y"),)),
        Record((user("q"),), (assistant("a"),), (assistant("A "),), 0.0),
    ]
    found = [(f.index, f.code) for f in examine_batch(batch_of(rows), RULES)]
    assert found == [(0, "empty-prompt"), (1, "identical-sides"), (1, "tie")]


def test_without_a_gate_every_row_is_examined() -> None:
    rows = [Record((user("q"),), (assistant("a"),), (assistant("b"),), margin) for margin in (1, 0)]
    tie = next(rule for rule in RULES if rule.code == "tie")
    found = examine_batch(batch_of(rows), [replace(tie, candidates=None)])
    assert [f.index for f in found] == [1]


def test_few_bytes_are_examined_without_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    def gate(view: TextView) -> np.ndarray:
        raise AssertionError("asked for candidates")

    rows = [Record((user("q"),), (assistant("a"),), (assistant("b"),), margin) for margin in (1, 0)]
    rules = [replace(each, candidates=gate) for each in RULES]
    size = 2 * len("qab")
    monkeypatch.setattr(rule, "FEW_BYTES", size)
    assert examine_batch(batch_of(rows), rules) == examine_reference(rows, rules)
    assert examine_batch(batch_of(rows).slice(1), rules) == examine_reference(rows[1:], rules)
    monkeypatch.setattr(rule, "FEW_BYTES", size - 1)
    with pytest.raises(AssertionError, match="asked for candidates"):
        examine_batch(batch_of(rows), rules)


def test_an_empty_batch_has_no_findings() -> None:
    assert examine_batch(batch_of([]), RULES) == []


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.code)
def test_rules_travel_to_other_processes(rule: object) -> None:
    assert pickle.loads(pickle.dumps(rule)) == rule


def test_case_folding_keeps_the_base_letter_of_every_character() -> None:
    """What the gate of identical-sides rests on: the first letter below survives folding."""
    for point in range(0x110000):
        character = chr(point)
        base = unicodedata.normalize("NFD", character)[0]
        if base.isascii():
            folded = unicodedata.normalize("NFC", character).casefold()
            assert unicodedata.normalize("NFD", folded)[0] == base.lower(), hex(point)
