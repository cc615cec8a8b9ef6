from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.texts import differences as module
from prefdata.transforms.texts.differences import Difference, differences, words_of

TEXTS = st.text(alphabet="ab .\n的了，。é\u0301\u200d👩🏽ก่") | st.text()


def wdiff(difference: Difference) -> str:
    marks = {"same": "{}", "left": "[-{}-]", "right": "{{+{}+}}"}
    return "".join(marks[span.kind].format(span.text) for span in difference.spans)


def sides(difference: Difference) -> tuple[str, str]:
    left, right = (
        "".join(span.text for span in difference.spans if span.kind != other)
        for other in ("right", "left")
    )
    return left, right


@pytest.mark.parametrize(
    ("left", "right", "marked"),
    [
        ("I like tea.", "I like tea.", "I like tea."),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("I drink tea now.", "I drink coffee now.", "I drink [-tea-]{+coffee+} now."),
        ("The end", "the end", "[-The-]{+the+} end"),
        ("a b c x", "d e f x", "[-a b c-]{+d e f+} x"),  # read as one change, not as three
        ("one\n\ntwo", "one\ntwo", "one\n[-\n-]two"),
        ("今天天气很热。", "今天天气真冷。", "今天天气[-很热-]{+真冷+}。"),
        ("用 Python 写", "用 Rust 写", "用 [-Python-]{+Rust+} 写"),
        ("สวัสดีครับ", "สวัสดีค่ะ", "สวัสดี[-ครับ-]{+ค่ะ+}"),
        ("안녕하세요", "안녕히세요", "안녕[-하-]{+히+}세요"),
        ("cafe\u0301 noir", "cafe noir", "[-cafe\u0301-]{+cafe+} noir"),
        ("👩🏽‍🚀 up", "👩🏿‍🚀 up", "[-👩🏽‍🚀-]{+👩🏿‍🚀+} up"),
        ("🇩🇪", "🇩🇰", "[-🇩🇪-]{+🇩🇰+}"),
    ],
)
def test_differing_words_and_characters_are_found(left: str, right: str, marked: str) -> None:
    assert wdiff(differences(left, right)) == marked


@pytest.mark.parametrize(
    ("left", "right", "only"),
    [
        ("The  End", "the end", True),
        ("ＡＢ", "ab", True),
        ("e\u0301", "é", True),
        ("a b", "a c", False),
        ("a", "a", False),
    ],
)
def test_a_difference_of_form_only_is_told(left: str, right: str, only: bool) -> None:
    assert differences(left, right).only_form is only


@given(TEXTS, TEXTS)
def test_spans_are_both_texts(left: str, right: str) -> None:
    found = differences(left, right)
    assert sides(found) == (left, right)
    assert found.is_same == (left == right)
    assert found.uncompared == 0
    kinds = [span.kind for span in found.spans]
    assert all(a != b for a, b in pairwise(kinds))
    assert all(span.text for span in found.spans)


@given(TEXTS, TEXTS, st.integers(0, 60), st.integers(0, 9))
def test_bounds_lose_no_text(left: str, right: str, by_words: int, pairs: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BY_WORDS", by_words)
        patch.setattr(module, "PAIRS_AT_ONCE", pairs)
        patch.setattr(module, "AROUND", 1)
        patch.setattr(module, "RUN", 2)
        found = differences(left, right)
    assert sides(found) == (left, right)
    assert found.uncompared <= sum(len(s.text) for s in found.spans if s.kind != "same")


@given(st.text())
def test_words_are_the_text(text: str) -> None:
    assert "".join(words_of(text)) == text


def test_long_texts_are_tied_together() -> None:
    pick = random.Random(0)
    words = [f"w{pick.randrange(3000)} " for _ in range(40_000)]
    changed = list(words)
    for at in range(100, 40_000, 997):
        changed[at] = "CHANGED "
    found = differences("".join(words), "".join(changed))
    assert found.uncompared == 0
    assert [s.text for s in found.spans if s.kind == "right"] == ["CHANGED"] * 41


def test_what_is_too_long_is_marked_whole_counted_and_quick() -> None:
    left, right = "的" * 2_000_000 + "左", "地" * 2_000_000 + "右"
    started = time.process_time()
    found = differences(left, right)
    assert time.process_time() - started < 20  # all with all would take hours
    assert (sides(found), found.uncompared) == ((left, right), 4_000_002)


def test_one_change_in_a_huge_text_is_found() -> None:
    around = "很长的文字。" * 500_000
    found = differences(f"{around}左{around}", f"{around}右{around}")
    assert [(s.kind, s.text) for s in found.spans[1:3]] == [("left", "左"), ("right", "右")]
    assert found.uncompared == 0
