from __future__ import annotations

import pytest

from prefdata.pipeline.explanation.side_by_side import Row, compared, said_in

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


@pytest.mark.parametrize("reason", ["near-duplicate", "label-conflict"])
@pytest.mark.parametrize("verdict", ["keep", "drop"])
def test_a_label_that_was_turned_says_the_opposite(reason: str, verdict: str) -> None:
    """What is dropped is shown as it was read."""
    flags = [{"reason": "label-flipped", "evidence": "", "other": None}]
    turned = Row({"row": 0, "verdict": verdict, "flags": flags}, row("p", "b", "a").text)
    opposite = (reason == "label-conflict") != (verdict == "keep")
    for pair in ((turned, row("p", "a", "b")), (row("p", "a", "b"), turned)):
        assert compared(*pair, (reason,)).opposite == opposite
    assert compared(turned, turned, (reason,)).opposite == (reason == "label-conflict")


def test_a_message_reads_the_same_in_every_form_that_is_written() -> None:
    dropped = {"role": "assistant", "content": None, "extra": CALL}
    plain = '{"role":"assistant","content":null,' + CALL[1:]
    said = said_in({"chosen": [dropped]}, "chosen")
    assert said == said_in({"chosen": [plain]}, "chosen") == CALL.replace("1.50", "1.5")


@pytest.mark.parametrize("text", [None, {"raw": "{broken"}])
def test_what_is_no_record_is_not_compared(text: dict[str, str] | None) -> None:
    assert compared(row("p", "a", "b"), Row({"row": 1}, text), ("contaminated",)).parts == ()


LONG = "I am writing a toast for my sister's wedding, in two or three sentences."


@pytest.mark.parametrize(
    ("left", "right", "is_unlike"),
    [
        ("A granny knot, pulled tight.", "A round turn and two half hitches.", True),
        ("A bowline.", "A bowline with a long loop.", False),
        ("How do I keep basil alive?", "HOW DO I KEEP BASIL ALIVE ON A SILL", False),
        (LONG, f"{'Feed the dough twice a day, and keep it warm. ' * 20}{LONG}", False),
        ("用筷子不停地翻。", "先用淡盐水泡十分钟，擦干再下锅。", True),
        ("先用淡盐水泡十分钟，擦干再煎。", "先用盐水泡二十分钟，再擦干了煎。", False),
        ("Yes.", "No.", True),
        ("Yes.", "", False),
        ("🍋", "🍎", False),
        ("的" * 600, "地" * 600, False),  # too long to be compared: that is said instead
    ],
)
def test_texts_with_little_in_common_are_unlike(left: str, right: str, is_unlike: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prefdata.transforms.texts.differences.PAIRS_AT_ONCE", 100_000)
        parts = [
            compared(row("p", *texts), row("p", *others), ()).parts[1]
            for texts, others in [((left, "x"), (right, "x")), ((right, "x"), (left, "x"))]
        ]
    assert [part.is_unlike for part in parts] == [is_unlike, is_unlike]
    assert "".join(s.text for s in parts[0].difference.spans if s.kind != "right") == left


def test_of_a_bridge_only_the_prompts_are_compared() -> None:
    found = compared(row("p", "a", "b"), row("q", "a", "b"), ("bridges-splits",))
    assert (found.prompts_only, [part.left for part in found.parts]) == (True, ["prompt"])
    found = compared(row("p", "a", "b"), row("q", "a", "b"), ("bridges-splits", "near-duplicate"))
    assert (found.prompts_only, len(found.parts)) == (False, 3)
