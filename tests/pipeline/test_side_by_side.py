from __future__ import annotations

import pytest

from prefdata.pipeline.side_by_side import Row, compared, said_in

CALL = '{"tool_calls": [{"id": 1.50}]}'


def row(prompt: str, chosen: str, rejected: str) -> Row:
    said = {"prompt": ("user", prompt), "chosen": ("assistant", chosen)}
    said |= {"rejected": ("assistant", rejected)}
    text = {side: [{"role": role, "content": text}] for side, (role, text) in said.items()}
    return Row({"row": 0}, text)


@pytest.mark.parametrize(
    ("reasons", "other", "crossed", "opposite"),
    [
        (("near-duplicate",), row("p", "a", "b"), False, False),
        (("label-conflict",), row("p", "b", "a"), True, True),
        (("shared-prompt", "near-conflict"), row("p", "b", "a."), True, True),
        (("preference-cycle",), row("p", "b", "c"), True, False),  # a over b, b over c
        (("preference-cycle",), row("p", "c", "a"), True, False),
        (("preference-cycle",), row("p", "c", "d"), False, False),
    ],
)
def test_the_same_completions_face_each_other(
    reasons: tuple[str, ...], other: Row, crossed: bool, opposite: bool
) -> None:
    found = compared(row("p", "a", "b"), other, reasons)
    assert (found.crossed, found.opposite) == (crossed, opposite)
    facing = {part.left: part.right for part in found.parts}
    assert facing["chosen"] == ("rejected" if crossed else "chosen")


def test_a_message_reads_the_same_in_every_form_that_is_written() -> None:
    dropped = {"role": "assistant", "content": None, "extra": CALL}
    plain = '{"role":"assistant","content":null,' + CALL[1:]
    said = said_in({"chosen": [dropped]}, "chosen")
    assert said == said_in({"chosen": [plain]}, "chosen") == CALL.replace("1.50", "1.5")


@pytest.mark.parametrize("text", [None, {"raw": "{broken"}])
def test_what_is_no_record_is_not_compared(text: dict[str, str] | None) -> None:
    assert compared(row("p", "a", "b"), Row({"row": 1}, text), ("contaminated",)).parts == ()
