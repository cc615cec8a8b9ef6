"""The two dialects that find the prompt themselves: nothing may be lost or cut in two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.dialects.assembly import split_conversations
from prefdata.dialects.hh import transcript
from prefdata.dialects.implicit import part_texts
from prefdata.errors import RowFault
from prefdata.records.record import USER, Message, assistant, user


@pytest.mark.parametrize(
    ("chosen", "rejected", "wanted"),
    [
        ("It is Paris", "It is Pluto", ("It is", " Paris", " Pluto")),
        ("It is blue", "It is blue and green", ("It is", " blue", " blue and green")),
        ("Q: a?\n\nYes", "Q: a?\n\nNo", ("Q: a?", "\n\nYes", "\n\nNo")),
        ("他说“好。”对", "他说“好。”错", ("他说“好。”", "对", "错")),
        ("谁？甲", "谁？甲", ("谁？", "甲", "甲")),
        ("a b", "a b", ("a", " b", " b")),
    ],
)
def test_texts_part_at_a_boundary(chosen: str, rejected: str, wanted: tuple[str, str, str]) -> None:
    assert part_texts(chosen, rejected) == wanted


@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [
        ("", ""),
        ("a", "b"),
        ("abc", "abd"),
        (" a", " b"),
        ("a ", "a  "),
        ("a", "a b"),
        ("」甲", "」乙"),
    ],
)
def test_texts_without_a_shared_beginning(chosen: str, rejected: str) -> None:
    with pytest.raises(RowFault, match="no-shared-prompt"):
        part_texts(chosen, rejected)


letters = st.text(st.sampled_from("ab \n。」天"), max_size=12)


@given(shared=letters, left=letters, right=letters)
def test_parted_texts_join_to_what_they_were(shared: str, left: str, right: str) -> None:
    chosen, rejected = shared + left, shared + right
    try:
        prompt, better, worse = part_texts(chosen, rejected)
    except RowFault:
        return
    assert (prompt + better, prompt + worse) == (chosen, rejected)
    assert prompt.strip() and better.strip() and worse.strip()
    assert better[0].isspace() or prompt.rstrip("」")[-1] == "。"
    assert not prompt[-1].isspace()


pieces = st.sampled_from(["\n", "Human:", "Assistant:", " ", "a", "天", "\n\n", "\r", "\u2028"])


def quotes_a_marker(text: str) -> bool:
    return any(f"\n\n{name}:" in text for name in ("Human", "Assistant"))


contents = st.lists(pieces, max_size=5).map("".join).filter(lambda t: not quotes_a_marker(t))
turns = st.lists(st.tuples(st.booleans(), contents), min_size=1)


@given(turns=turns)
def test_a_transcript_is_read_as_it_was_written(turns: list[tuple[bool, str]]) -> None:
    said = [user(text) if asks else assistant(text) for asks, text in turns]
    written = "".join(
        f"\n\n{'Human' if turn.role == USER else 'Assistant'}: {turn.content}" for turn in said
    )
    assert transcript(written, "chosen") == tuple(said)


messages = st.lists(st.builds(Message, st.sampled_from(["user", "assistant"]), letters), min_size=1)


@given(shared=messages, left=messages, right=messages)
def test_parted_conversations_join_to_what_they_were(
    shared: list[Message], left: list[Message], right: list[Message]
) -> None:
    chosen, rejected = (*shared, *left), (*shared, *right)
    record = split_conversations(chosen, rejected)
    assert (record.prompt + record.chosen, record.prompt + record.rejected) == (chosen, rejected)
    assert len(record.prompt) >= len(shared) and record.chosen and record.rejected
    assert record.chosen[0] != record.rejected[0] or 1 in (len(record.chosen), len(record.rejected))


def test_a_marker_without_its_space_is_read_too() -> None:
    written = "Human:a\n\nAssistant:\n\nHuman:  b"
    assert transcript(written, "chosen") == (user("a"), assistant(""), user(" b"))
