from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.card.front_matter import (
    READ_CHARACTERS,
    merge_yaml,
    read,
    split_front_matter,
    to_yaml,
)

TEXTS = st.text(st.characters(exclude_characters="\x85\u2028\u2029", codec="utf-8"), max_size=8)
"""PyYAML itself does not read back every line break of Unicode that it writes."""

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner),
    max_leaves=6,
)
KEYS = st.sampled_from(["license", "viewer", "configs", "extra_gated_prompt", "tags", "x-y"])


@pytest.mark.parametrize(
    ("text", "head", "body"),
    [
        ("---\na: 1\n---\nb", "a: 1\n", "b"),
        ("\n\n---\r\na: 1\r\n---\r\nb\r\n", "a: 1\n", "b\r\n"),
        ("---\n---\n", "", ""),
        ("---\na: 1\n---", "a: 1\n", ""),
        ("---\na: 1\n", None, "---\na: 1\n"),
        ("b\n---\na: 1\n---\n", None, "b\n---\na: 1\n---\n"),
        ("----\na: 1\n---\n", None, "----\na: 1\n---\n"),
        ("", None, ""),
    ],
)
def test_the_head_is_divided_from_the_body(text: str, head: str | None, body: str) -> None:
    assert split_front_matter(text) == (head, body)


@pytest.mark.parametrize(
    "text",
    ["a: [", "- a", "words", "a: 1\na: 2", "1: {}\n? [x]\n: y", "a: !!python/name:os.system ''",
     "<<: {a: 1}", "a: \x00", "a: " + "[" * 5000, "#" * (READ_CHARACTERS + 1), "a: &a [*a, *b]"],
)  # fmt: skip
def test_what_is_no_front_matter_is_not_read(text: str) -> None:
    assert read(text) is None


def test_comments_and_quotes_of_people_stay() -> None:
    theirs = read("# top\nb: 'x' # why\n\n# above\na: |\n  text\n  # text\nc: 1\n# last\n")
    assert theirs is not None
    below = "\n# above\na: |\n  text\n  # text\n# last\n"
    assert merge_yaml({"c": 2}, theirs, []) == f"c: 2\n# top\nb: 'x' # why\n{below}"
    assert merge_yaml({"c": 2}, theirs, ["b"]) == f"c: 2\n# top\n{below}"


def test_comments_stay_where_lines_do_not_fit() -> None:
    theirs = read("a: b\n# note\n\n# last\n".replace("a:", "  a:"))
    assert theirs is not None
    assert merge_yaml({"c": [1]}, theirs, []) == "c:\n- 1\na: b\n# note\n# last\n"
    alone = read("# only\n\n# comments\n")
    assert alone is not None and merge_yaml({}, alone, []) == "# only\n# comments\n"


@given(st.dictionaries(KEYS, VALUES, max_size=5), st.dictionaries(KEYS, VALUES, max_size=3))
def test_keys_of_ours_win_and_all_others_keep_their_values(
    theirs: dict[str, object], ours: dict[str, object]
) -> None:
    found = read(to_yaml(theirs))
    assert found is not None and found.values == theirs
    text = merge_yaml(ours, found, ["tags"])
    kept = {key: value for key, value in theirs.items() if key not in {*ours, "tags"}}
    assert (yaml.safe_load(text) or {}) == {**kept, **ours}
    again = read(text)
    assert again is not None and merge_yaml(ours, again, ["tags"]) == text
