"""Every row becomes a pair of token ids, as TRL would make it, or is dropped with a reason."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.errors import DataError, UsageError
from prefdata.records.record import Message, Record, assistant, system, user
from tests.steps.reward.tokenised_rows import (
    ALL,
    as_trl,
    assert_accounted_for,
    record,
    reference,
    tokenised,
)

TEXT = st.lists(
    st.sampled_from(["sky ", "blue", ". ", "\n", " ", "天空", "蓝色", "，", "é", "<s>", "light?"]),
    max_size=12,
).map("".join)
ROWS = st.lists(st.builds(record, TEXT, TEXT, TEXT, st.none() | st.just(1.5)), max_size=8)


@settings(max_examples=40)
@given(
    rows=ROWS,
    border=st.integers(0, 8),
    name=st.sampled_from(ALL),
    tokens=st.integers(2, 40),
    beyond=st.sampled_from(["drop", "truncate-prompt-left"]),
)
def test_every_row_is_a_pair_or_dropped_and_nothing_else_changes(
    saved: Path, rows: list[Record], border: int, name: str, tokens: int, beyond: str
) -> None:
    with TemporaryDirectory() as folder:
        parts = [rows[:border], rows[border:]]
        summary, pairs, verdicts = tokenised(
            Path(folder), parts, saved / name, tokens=tokens, beyond=beyond
        )
        assert_accounted_for(rows, summary, pairs, verdicts, reference(saved / name), tokens)


def test_conversations_are_rendered_whole(saved: Path, tmp_path: Path) -> None:
    prompt = (system("请用中文回答。"), user("hi"), assistant("hello"), user("天空？"))
    row = Record(prompt, (assistant("蓝色"),), (assistant("不知道🙂"),), -0.25)
    _, pairs, _ = tokenised(tmp_path, [[row]], saved / "chatml")
    found = tuple(side.tolist() for side in pairs.sides(0))
    assert found == as_trl(reference(saved / "chatml"), row)
    assert pairs.margins.tolist() == [-0.25]
    assert pairs.margins.dtype == np.float32


def test_reasons_are_counted_and_rows_dropped_before_are_not(saved: Path, tmp_path: Path) -> None:
    same = Record((user("q"),), (assistant("a"),), (Message("assistant", "a", '{"name":"b"}'),))
    rows = [
        record("gone", "a", "b"),
        record("q", "a", "b"),
        record("q", "refuse", "b"),
        record("q", "a", "a"),
        same,
        record("q", "x" * 300, "b"),
    ]
    summary, pairs, verdicts = tokenised(
        tmp_path, [rows[:3], [], rows[3:]], saved / "chatml", dropped=[0], tokens=100
    )
    assert summary.rows == 5
    assert pairs.rows.tolist() == [1]
    assert summary.dropped == {
        "identical-after-truncation": 1,
        "template-failure": 2,
        "too-long": 1,
    }
    assert [line["row"] for line in verdicts] == [2, 3, 4, 5]
    assert all(line["verdict"] == "drop" and line["evidence"] for line in verdicts)
    assert summary.tokens == sum(map(len, pairs.sides(0)))
    assert summary.shared == 2 * int(pairs.shared[0])
    assert summary.longest == max(map(len, pairs.sides(0)))
    assert summary.mode == "chat-template"


def test_a_side_without_tokens_is_no_side(saved: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    silent = AutoTokenizer.from_pretrained(saved / "plain")
    silent.eos_token = None
    silent.save_pretrained(tmp_path / "silent")
    summary, pairs, verdicts = tokenised(
        tmp_path, [[record("", "a", ""), record("q", "", "a")]], tmp_path / "silent"
    )
    assert summary.dropped == {"no-tokens": 1}
    assert verdicts[0]["evidence"] == "chosen 1 tokens, rejected 0"
    assert pairs.rows.tolist() == [1]
    assert pairs.chosen.tolist() == [1]  # read at the last token of the prompt


def test_the_error_names_the_first_rows(saved: Path, tmp_path: Path) -> None:
    rows = [record("q", "a", "b"), *(record("q", "x" * 300, "b") for _ in range(7))]
    with pytest.raises(DataError) as caught:
        tokenised(tmp_path, [rows[:3], rows[3:]], saved / "chatml", tokens=100, beyond="error")
    said = str(caught.value)
    assert said.startswith("7 of 8 pairs have more than 100 tokens: a.jsonl, row 102: chosen ")
    assert said.count("a.jsonl, row ") == 5
    assert "; ..." in said
    summary, *_ = tokenised(tmp_path, [rows[:1]], saved / "chatml", out="short", beyond="error")
    assert summary.pairs == 1


def test_an_unknown_tokenizer_is_named_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent"):
        tokenised(tmp_path, [[record("q", "a", "b")]], tmp_path / "absent")


@pytest.mark.parametrize("parts", [[], [[]], [[], []]])
def test_no_rows_are_no_pairs(saved: Path, tmp_path: Path, parts: list[list[Record]]) -> None:
    summary, pairs, verdicts = tokenised(tmp_path, parts, saved / "plain")
    assert (summary.rows, len(pairs), verdicts) == (0, 0, [])
    assert pairs.starts.tolist() == [0]
