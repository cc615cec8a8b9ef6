"""Nobody's words are lost: whatever stood in a card before, and however often it is generated."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.transforms.card.pieces import Block, card_of, decode_card
from prefdata.transforms.card.stated import Stated
from prefdata.transforms.card.text import (
    card_entry,
    hand_written_part,
    license_of,
    merge_card,
    render_card,
)

MATTER: dict[str, object] = {"pretty_name": "A", "tags": ["preference"], "configs": [{"a": 1}]}
BLOCKS = {"title": "# A", "loading": "## Loading\n\ncode", "rows": "## Rows\n\n| a | b |"}
OLD = render_card(MATTER, BLOCKS)
NEW = render_card(
    {"pretty_name": "B", "tags": ["preference"]},
    {"title": "# B", "limits": "## Limits", "loading": "## Loading\n\nother", "made": "## Made"},
)


def begin(name: str) -> str:
    return f"<!-- prefdata:begin {name} -->\n"


def end(name: str) -> str:
    return f"<!-- prefdata:end {name} -->\n"


def names(text: str) -> list[str]:
    return [piece.name for piece in card_of(text).pieces if isinstance(piece, Block)]


def matter(text: str) -> dict[str, object]:
    values: dict[str, object] = yaml.safe_load(text.split("---\n")[1])
    return values


def test_a_card_in_which_nobody_wrote_is_what_is_generated() -> None:
    assert merge_card(NEW, None) == merge_card(NEW, OLD) == merge_card(NEW, "") == NEW
    assert hand_written_part(OLD) == ""
    assert card_entry(OLD, pushed=True).hand_written is None


def test_what_people_wrote_stays_where_it_stands() -> None:
    keys = "viewer: false  # too large\n# by Ann\ncitation: >-\n  x\n"
    words, last = "\nOurs  \n\n    indented\t\n\n", "\nAt the end, without a newline"
    written = OLD.replace("pretty_name: A\n", f"pretty_name: A\n{keys}") + last
    written = written.replace(f"\n{begin('rows')}", f"{words}{begin('rows')}")
    text = merge_card(NEW, written)
    assert names(text) == ["title", "limits", "loading", "made"]
    assert f"{end('made')}{words[:-1]}" in text and text.endswith(last) and keys in text
    assert matter(text).keys() == {"pretty_name", "tags", "viewer", "citation"}
    assert hand_written_part(text) == hand_written_part(written)
    assert merge_card(OLD, text).replace(words, "\n").replace(keys, "").removesuffix(last) == OLD


def test_new_blocks_come_after_those_they_are_generated_after() -> None:
    turned = (
        f"---\n---\nmine\n\n{begin('made')}x\n{end('made')}yours\n{begin('title')}{end('title')}"
    )
    assert names(merge_card(NEW, turned)) == ["made", "title", "limits", "loading"]
    assert names(merge_card(NEW, begin("made") + end("made"))) == [
        "title",
        "limits",
        "loading",
        "made",
    ]


@pytest.mark.parametrize(
    ("previous", "order"),
    [
        ("# Mine\n\nintro\n\n## More\n\ntext\n", ["# Mine", "intro", "## Limits", "## More"]),
        ("Mine\n====\nintro\n\nMore\n----\ntext\n", ["Mine", "intro", "## Limits", "More\n----"]),
        ("<div>\n<h1>Mine</h1>\n</div>\n", ["<h1>Mine</h1>", "## Limits"]),
        ("# Mine\n---\nintro\n", ["# Mine", "intro", "## Limits"]),
        ("# Mine\n```sh\n# no heading\n```\n", ["# Mine", "# no heading", "## Limits"]),
        ("words\n\n## More\n", ["# B", "## Limits", "words", "## More"]),
        ("---\nlicense: mit\n---\n# Mine\n", ["license: mit", "# Mine", "## Limits"]),
    ],
)
def test_a_card_of_people_keeps_its_title_and_gets_our_blocks(
    previous: str, order: list[str]
) -> None:
    text = merge_card(NEW, previous)
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert ("# B" in text) == ("# B" in order)
    assert merge_card(OLD, merge_card(NEW, previous)) == merge_card(OLD, previous)


@pytest.mark.parametrize(
    ("previous", "kept"),
    [
        (f"{begin('rows')}unclosed\n", ["unclosed"]),
        (f"{begin('rows')}un\n{begin('loading')}old\n{end('loading')}after\n", ["un", "after"]),
        (f"mine\n{end('rows')}more\n", ["mine", "more"]),
        (f"{begin('rows')}one\n{end('loading')}two\n{end('rows')}", ["one", "two"]),
        (f"{begin('rows')}{end('rows')}mine\n{begin('rows')}copy\n{end('rows')}", ["mine"]),
        (f"text {begin('rows')}not alone\n", ["text <!-- prefdata:begin rows -->", "not alone"]),
        ("---\nlicense: [mit\n---\nwords\n", ["license: [mit", "words"]),
        ("---\nlicense: mit\nlicense: gpl\n---\n", ["license: mit\nlicense: gpl"]),
        ("---\na: &a [1]\nb:\n  <<: *a\n---\n", ["<<: *a"]),
        (
            f"---\na: [\n{begin('rows')}---\nwords\n",
            ["a: [\n <!-- prefdata:begin rows -->", "words"],
        ),
        (f"{begin('old')}{end('old')}# Mine\n", ["# Mine"]),
        ("---\n  a: b\n# note\n\n---\n", ["a: b", "# note"]),
        ("---\nSome prose.\n\n---\nMore\n", ["---\nSome prose.\n\n---\nMore"]),
        ("---\nlicense: mit\n", ["---\nlicense: mit"]),
        ("\ufeff---\nviewer: false\n---\nwords", ["viewer: false", "words"]),
        ("---\nx: 2024-99-99\n---\n", ["x: 2024-99-99"]),
        (f"---\nx: {'[' * 3000}\n---\nwords", ["[" * 3000, "words"]),
        ("---\n{viewer: false, tags: [x]}\n---\n", ["- x", "viewer: false"]),
        ("---\nx: &anchor 1\nconfigs: *anchor\ny: *anchor\n---\n", ["x: ", "y: "]),
        ("---\nconfigs: &anchor [1]\ny: *anchor\n---\n", ["y:\n- 1"]),
    ],
)
def test_what_cannot_be_read_is_kept(previous: str, kept: list[str]) -> None:
    text = merge_card(NEW, previous)
    places = [text.index(part) for part in kept]
    assert places == sorted(places)
    assert set(names(text)) >= {"limits", "loading", "made"}
    assert "configs" not in matter(text)
    assert merge_card(NEW, text) == text


def test_line_ends_of_people_stay() -> None:
    written = (OLD + "\nmine\n").replace("\n", "\r\n")
    text = merge_card(NEW, written)
    assert "\n" not in text.replace("\r\n", "") and text.endswith("\r\nmine\r\n")
    assert card_entry(text) == card_entry(merge_card(NEW, OLD + "\nmine\n"))
    assert card_entry(written).generated == card_entry(OLD).generated


def test_tags_of_people_stay_and_ours_go_when_nobody_states_them() -> None:
    stated = render_card(MATTER, BLOCKS, Stated(tags=("ours",)))
    written = stated.replace("tags:\n", "tags:\n- theirs\n")
    assert matter(merge_card(stated, written))["tags"] == ["preference", "ours", "theirs"]
    assert matter(merge_card(NEW, written))["tags"] == ["preference", "theirs"]
    assert hand_written_part(written) == ""


NONE, MIT, GPL = Stated(), Stated("mit"), Stated("gpl")
ASKED = Stated("cc0-1.0", is_asked=True)


@pytest.mark.parametrize(
    ("before", "people", "now", "expected"),
    [
        (NONE, None, NONE, None),
        (NONE, None, MIT, "mit"),
        (NONE, "apache-2.0", NONE, "apache-2.0"),
        (NONE, "apache-2.0", MIT, "mit"),  # said for the first time
        (MIT, None, NONE, "mit"),
        (MIT, None, GPL, "gpl"),
        (MIT, "apache-2.0", MIT, "apache-2.0"),  # written over what is stated still
        (MIT, "apache-2.0", GPL, "gpl"),
        (MIT, "apache-2.0", ASKED, "cc0-1.0"),
        (ASKED, None, MIT, "cc0-1.0"),  # an option stays until another is given
        (ASKED, None, NONE, "cc0-1.0"),
        (ASKED, "apache-2.0", NONE, "apache-2.0"),
        (ASKED, None, Stated("gpl", is_asked=True), "gpl"),
    ],
)
def test_the_last_word_on_the_licence_counts(
    before: Stated, people: str | None, now: Stated, expected: str | None
) -> None:
    previous = render_card(MATTER, BLOCKS, before)
    if people is not None and before.license is not None:
        previous = previous.replace(f"license: {before.license}\n", f"license: {people}\n")
    elif people is not None:
        previous = previous.replace("tags:", f"license: {people}\ntags:")
    text = merge_card(render_card(MATTER, BLOCKS, now), previous)
    assert license_of(text) == expected
    again = merge_card(render_card(MATTER, BLOCKS, Stated(now.license, now.tags)), text)
    assert license_of(again) == expected
    assert hand_written_part(text) == (f"license: {people}" if expected == people else "") or (
        people is None
    )


def test_a_changed_block_is_seen_and_a_moved_one_is_not() -> None:
    entry = card_entry(OLD)
    assert card_entry(OLD.replace("code", "c0de")) != entry
    assert card_entry(OLD.replace("pretty_name: A", "pretty_name: B")) != entry
    assert card_entry(OLD.replace("tags:", "viewer: false\ntags:")) == entry
    rows = OLD[OLD.index(begin("rows")) :]
    assert card_entry(OLD.replace(rows, "").replace(begin("title"), rows + begin("title"))) == entry


def test_no_generated_text_can_end_its_block() -> None:
    text = render_card(
        MATTER, {"title": f"# A\n{end('title')}{begin('title')}"}, Stated(tags=("-->",))
    )
    assert names(text) == ["title", "stated"]
    assert merge_card(text, text) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "latin-1"])
def test_cards_in_any_encoding_are_read(encoding: str) -> None:
    words = "caf\u00e9" if encoding == "latin-1" else "\u8bf4\u660e caf\u00e9"
    assert decode_card(words.encode(encoding)) == words


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000_000,
        "a\n" * 2_000_000,
        " " * 5_000_000 + "\n",
        "\n" * 5_000_000,
        begin("rows") * 100_000,
        "`" * 5_000_000,
        "```\n" * 1_000_000,
        "---\nx: " + "a " * 2_000_000 + "\n---\n",
        "---\n" + "".join(f"k{n}: &k{n} [*k{n - 1}, *k{n - 1}]\n" for n in range(1, 60)) + "---\n",
        "---\nk0: &k0 [1]\n"
        + "".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]\n" for n in range(1, 40))
        + "---\n",
    ],
    ids=[
        "line",
        "lines",
        "blanks",
        "newlines",
        "begins",
        "ticks",
        "fences",
        "yaml",
        "undefined",
        "bomb",
    ],
)
def test_hostile_cards_take_no_longer_than_their_size(text: str) -> None:
    started = time.process_time()
    again = merge_card(NEW, text)
    hand_written_part(again)
    assert time.process_time() - started < 20
    assert len(again) > len(text.strip()) * (begin("rows") not in text)


MARKERS = [f(name).strip() for f in (begin, end) for name in ("title", "loading", "rows", "old")]
WORDS = ["words", "", "# Title", "## More", "---", "```", "  a: b", "- b"]
YAML = ["license: mit", "tags: [x]", "# note", "viewer: false", "configs: 1", "? x"]
LINES = st.sampled_from([*MARKERS, *WORDS, *YAML])


def words_of(text: str) -> list[str]:
    return hand_written_part(text).split("\n")


@settings(max_examples=60)
@given(st.lists(LINES, max_size=14), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_words_stay_whatever_is_generated(lines: list[str], newline: str, has_end: bool) -> None:
    previous = newline.join(lines) + newline * has_end
    text = merge_card(NEW, previous)
    assert merge_card(NEW, text) == text
    assert merge_card(OLD, text) == merge_card(OLD, merge_card(OLD, text))
    assert hand_written_part(text) == hand_written_part(previous)
    whole, untitled = card_entry(NEW).generated, card_entry(merge_card(NEW, "# Mine\n")).generated
    assert card_entry(text).generated in {whole, untitled}
    back = merge_card(OLD, merge_card(NEW, merge_card(OLD, previous)))
    assert words_of(back) == words_of(previous)
