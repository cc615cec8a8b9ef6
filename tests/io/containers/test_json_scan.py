from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from prefdata.io.containers.json_scan import ScanState, top_level

VALUES = st.recursive(
    st.none() | st.text(alphabet='ab"\\{}[],:\n'),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('a"\\]'), inner, max_size=3)
    ),
    max_leaves=12,
)


def reference(text: bytes) -> tuple[list[int], list[int], int | None]:
    """A character at a time."""
    begins: list[int] = []
    ends: list[int] = []
    depth, in_string, escaped = 0, False, False
    for at, character in enumerate(text):
        if escaped and character in b'"\\':
            escaped = False
            continue
        escaped = False
        match chr(character):
            case "\\":
                escaped = True
            case '"':
                in_string = not in_string
            case "{" | "[" if not in_string:
                depth += 1
                if depth == 1:
                    begins.append(at)
            case "}" | "]" if not in_string:
                depth -= 1
                if depth == 0:
                    ends.append(at + 1)
                if depth < 0:
                    return begins, ends, at
    return begins, ends, None


def in_stretches(text: bytes, size: int) -> tuple[list[int], list[int], int | None]:
    state = ScanState()
    begins: list[int] = []
    ends: list[int] = []
    for start in range(0, len(text), size):
        found = top_level(text, start, min(start + size, len(text)), state)
        begins += found.begins
        ends += found.ends
        if found.surplus is not None:
            return begins, ends, found.surplus
    return begins, ends, None


@given(
    st.lists(VALUES, max_size=5).map(lambda values: json.dumps(values)[1:-1]), st.integers(1, 40)
)
def test_json_is_scanned_as_a_character_at_a_time(text: str, size: int) -> None:
    assert in_stretches(text.encode(), size) == reference(text.encode())


@given(st.text('a"\\{}[]').map(str.encode), st.integers(1, 9))
def test_so_is_anything_else(text: bytes, size: int) -> None:
    assert in_stretches(text, size) == reference(text)


def test_depth_has_no_limit() -> None:
    text = b"[" * 100_000 + b"]" * 100_000
    assert in_stretches(text, 1000) == ([0], [200_000], None)
