from __future__ import annotations

import pytest

from prefdata.errors import ConflictError
from prefdata.pipeline.publish.push_card import words_from
from prefdata.transforms.card.text import card_entry, merge_card, render_card

GENERATED = render_card({"pretty_name": "pairs"}, {"title": "# pairs", "rows": "10 rows"})


def card(words: str) -> str:
    return merge_card(GENERATED, GENERATED + words)


NOBODY, ADA, BOB, OLD = card(""), card("\nAda\n"), card("\nBob\n"), card("\nOld\n")


@pytest.mark.parametrize(
    ("local", "published", "pushed", "stays"),
    [
        (ADA, None, None, ADA),  # nothing is there
        (None, BOB, None, BOB),  # no card is here
        (NOBODY, NOBODY, None, NOBODY),
        (NOBODY, BOB, None, BOB),  # a fresh build does not take words away
        (NOBODY, OLD, OLD, OLD),
        (ADA, NOBODY, None, ADA),
        (ADA, ADA, None, ADA),
        (ADA, OLD, OLD, ADA),  # only here somebody wrote since
        (OLD, BOB, OLD, BOB),  # only there
        (OLD, NOBODY, OLD, NOBODY),  # and there somebody took them away
        (ADA, BOB, OLD, None),
        (ADA, BOB, None, None),
    ],
)
def test_whose_words_stay(
    local: str | None, published: str | None, pushed: str | None, stays: str | None
) -> None:
    last = card_entry(pushed, pushed=True) if pushed else None
    if stays is None:
        with pytest.raises(ConflictError, match="hand_written published"):
            words_from(local, published, last, None, "acme/pairs")
    else:
        assert words_from(local, published, last, None, "acme/pairs") == stays


@pytest.mark.parametrize(("choice", "stays"), [("local", ADA), ("published", BOB)])
def test_a_choice_decides(choice: object, stays: str) -> None:
    last = card_entry(OLD, pushed=True)
    assert words_from(ADA, BOB, last, choice, "acme/pairs") == stays  # type: ignore[arg-type]
