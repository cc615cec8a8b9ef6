"""Where a file does not say what its labels mean: what is asked, and that each answer works."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.dialects.convert import convert_row
from prefdata.dialects.detect import detect
from prefdata.dialects.dialect import Match
from prefdata.dialects.labels import LabelReading
from prefdata.dialects.labels.neutral import neutral_pairs, score_pairs, text_pairs
from prefdata.dialects.labels.preference import OTHER, SIDES
from prefdata.errors import DialectError, RowFault
from prefdata.records.record import text_of

Rows = list[dict[str, Any]]


def row(label: object, **more: object) -> dict[str, Any]:
    return {"prompt": "q", "response_a": "one", "response_b": "two", "label": label, **more}


def asked(rows: Rows, **said: Any) -> str:
    with pytest.raises(DialectError) as error:
        detect(rows, place="rows.jsonl", **said)
    message = str(error.value)
    assert "Nothing is guessed" in message, message
    return message


def flags(message: str) -> list[list[str]]:
    """The options that a message offers, as a shell would hand them over."""
    return [shlex.split(line) for line in message.splitlines() if line.startswith("  --")]


def answered(words: list[str]) -> dict[str, Any]:
    """Options of a command line as what `detect` takes."""
    given = dict(zip(words[::2], words[1::2], strict=True))
    mapping = dict(pair.split("=") for pair in given.get("--map", "").split(",") if pair)
    found = {"dialect": given.get("--dialect"), "label": given.get("--label"), "mapping": mapping}
    return {name: value for name, value in found.items() if value}


def labels_offered(rows: Rows) -> list[str]:
    return [words[-1] for words in flags(asked(rows))]


@pytest.mark.parametrize(
    ("labels", "offered"),
    [
        ([0, 1], ["0=first,1=second", "0=second,1=first"]),
        ([1, 2, "1"], ["1=first,2=second", "1=second,2=first"]),
        ([1], ["1=first", "1=second"]),
        ([True, False], ["false=first,true=second", "false=second,true=first"]),
        (["True", "FALSE"], ["false=first,true=second", "false=second,true=first"]),
        ([-1, 1], ["signed", "positive=first"]),
        ([-3, 0, 2, "1"], ["signed", "positive=first"]),
        ([-0.5, 0.25, 0], ["signed", "positive=first"]),
        ([1, 2, 1, "tie"], ["1=first,2=second,tie=tie", "1=second,2=first,tie=tie"]),
        (["x", "y, z"], ['x=first,"y, z"=second', 'x=second,"y, z"=first']),
        ([0, 0.25, 0.5, 1], []),
        ([-1, 1, 1, "x", "y"], []),
    ],
)
def test_every_reading_that_fits_all_rows_is_offered(
    labels: list[object], offered: list[str]
) -> None:
    assert sorted(labels_offered([row(label) for label in labels])) == sorted(offered)


def test_of_three_values_any_may_be_the_tie() -> None:
    offered = labels_offered([row(label) for label in (0, 1, 2)])
    assert len(offered) == 6 and "0=second,1=first,2=tie" in offered


def test_a_reading_that_refuses_a_row_is_never_offered() -> None:
    rows = [row(label) for label in (0, 1, 0, 1, 0, 1, 0, -1)]
    assert labels_offered(rows) == ["signed", "positive=first"]
    assert labels_offered([*rows, row("unsure"), row("maybe")]) == []


def test_a_row_without_a_label_is_counted_and_refuses_nothing() -> None:
    message = asked([row(0), row(1), row(None), row("NaN")])
    assert "; 2 rows without a label" in message and len(flags(message)) == 2


def test_each_value_is_shown_with_its_rows_and_each_reading_with_what_it_makes() -> None:
    message = asked([row(label) for label in [0] * 61 + [1] * 36 + [2] * 3])
    assert "It holds 0 in 61 rows, 1 in 36 rows, 2 in 3 rows." in message
    assert "chosen is response_a in 61%, response_b in 36%, ties 3%" in message
    assert "the same as --dialect judge-zero-based" in message
    assert "--label VALUE=first|second|tie,..." in message and "first is 'response_a'" in message


def test_of_many_values_some_are_shown_and_the_rest_counted() -> None:
    message = asked([row(n / 100) for n in range(1, 40)])
    assert message.count(" in 1 row") == 12 and "27 more values in 27 rows" in message
    many = asked([row(-n) for n in range(1, 3000)])
    assert "other values in 1,999 rows" in many and "response_a in 100%" in many


def test_scores_beside_the_label_are_evidence_and_decide_nothing() -> None:
    rows = [row(1, score_a=5, score_b=2, rating_A=1, rating_B=1), row(0, score_a="1", score_b=2),
            row(0, score_a=3, score_b=2), row(1, score_a=None, score_b=2)]  # fmt: skip
    message = asked(rows)
    first, second = message.split("--label 0=second")
    assert "score_a and score_b agree in 1 of 3 rows" in first
    assert "score_a and score_b agree in 2 of 3 rows" in second
    assert "rating_A" not in message  # the same in every row


def test_two_scores_without_a_label_are_asked_for_too() -> None:
    rows = [{"prompt": "q", "response_1": "one", "response_2": "two", "score_1": n, "score_2": 1}
            for n in (0, 1, 2, 3)]  # fmt: skip
    message = asked(rows)
    assert [words[-1] for words in flags(message)] == ["higher=better", "lower=better"]
    assert "response_1 in 50%, response_2 in 25%, ties 25%" in message
    match = detect(rows, place="x", label="higher=better")
    records = [convert_row(each, match) for each in rows]
    assert [text_of(record.chosen) for record in records] == ["two", "one", "one", "one"]
    assert [record.margin for record in records] == [1.0, 0.0, 1.0, 2.0]


def test_the_error_reads_every_row_and_nothing_else_does() -> None:
    calls = 0

    def every_row(labels: Iterable[object]) -> Callable[[], Iterable[dict[str, Any]]]:
        def rows() -> Iterable[dict[str, Any]]:
            nonlocal calls
            calls += 1
            for label in labels:
                yield {k: msgspec.Raw(msgspec.json.encode(v)) for k, v in row(label).items()}

        return rows

    late = every_row([0, 1] * 50 + [2])
    message = asked([row(0), row(1)], every_row=late)
    assert "2 in 1 row" in message and len(flags(message)) == 6 and calls == 1
    assert detect([row("A")], place="x", every_row=late).dialect == "judge-named"
    assert detect([row(0)], place="x", label="0=first", every_row=late).dialect == "judged"
    assert calls == 1


UNNAMED = {"question": "q", "text_0": "one", "text_1": "two", "verdict": 1}
ASKED: list[tuple[Rows, dict[str, Any]]] = [
    ([row(0), row(1)], {}),
    ([row(0), row(1)], {"dialect": "judged"}),
    ([row(-2), row(1), row(0)], {}),
    ([row(True), row(False)], {}),
    ([row("x y"), row("it's, so"), row('"z"')], {}),
    ([row("signed"), row("positive")], {}),
    ([row("a=first"), row("b=tie")], {}),
    ([row(0), row(1)], {"label": "7=first"}),
    ([UNNAMED, {**UNNAMED, "verdict": 0}], {}),
    ([{**UNNAMED, "verdict": "A"}, {**UNNAMED, "verdict": "tie"}], {}),
    ([{"prompt": "q", "summary left": "one", "summary right": "two", "human_label": 1}], {}),
    ([{"instruction": "q", "output_1": "one", "output_2": "two", "preference": n}
      for n in (0, 0, 1)], {}),
    ([{"prompt": "q", "answer_1": "one", "answer_2": "two", "rating_1": 3, "rating_2": 4}], {}),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "said"), ASKED)
def test_every_flag_that_is_offered_reads_every_row_as_it_says(
    rows: Rows, said: dict[str, Any]
) -> None:
    offered = flags(message := asked(rows, **said))
    assert offered, message
    kept = {name: value for name, value in said.items() if name == "dialect"}
    shares = re.findall(r"in ([\d.]+)%, \S.* in ([\d.]+)%, ties ([\d.]+)%", message)
    assert len(shares) == len(offered)
    for words, expected in zip(offered, shares, strict=True):
        match = detect(rows, place="x", **{**kept, **answered(words)})
        records = [convert_row(each, match) for each in rows]
        ties = sum(record.margin == 0.0 for record in records)
        firsts = sum(text_of(r.chosen) == "one" for r in records) - ties
        found = [f"{100 * n / len(rows):.3g}" for n in (firsts, len(rows) - firsts - ties, ties)]
        assert found == list(expected)


def test_a_field_that_cannot_be_told_apart_is_not_offered() -> None:
    rows = [{**UNNAMED, "reply_0": "x", "reply_1": "y"}]
    with pytest.raises(DialectError, match="no dialect fits"):
        detect(rows, place="x")
    with pytest.raises(DialectError, match=r"can each be the label.*--map label=winner"):
        detect([{**UNNAMED, "winner": 0}], place="x")
    with pytest.raises(DialectError, match="no dialect fits"):
        detect([{"text_0": "a", "text_1": "b", "verdict": 1}], place="x")


def test_words_need_no_statement_and_few_odd_ones_do_not_ask() -> None:
    rows = [row("A"), row("B"), row("tie"), row(1)]
    assert detect(rows, place="x").dialect == "judge-named"
    assert "--label" in asked([row("A"), row(1), row(2), row(1)])


def test_what_is_stated_is_kept_in_the_match() -> None:
    match = detect([row(1)], place="x", label=" 1 = first, 0=second ")
    assert match == Match("judged", label="0=second,1=first")
    assert detect([row("A")], place="x").label is None
    pairs = {"prompt": "q", "chosen": "a", "rejected": "b"}
    assert detect([pairs], place="x", label="signed") == Match("pairs")


@pytest.mark.parametrize("name", ["judge-zero-based", "judge-one-based", "judge-named"])
def test_a_dialect_that_knows_its_labels_takes_no_statement(name: str) -> None:
    with pytest.raises(DialectError, match="says what its labels mean"):
        detect([row(1)], place="x", dialect=name, label="1=first")
    assert detect([row(1)], place="x", dialect=name) == Match(name, (), True)


def test_a_label_that_is_not_stated_quarantines_its_row() -> None:
    match = detect([row(1), row(0), row(2)], place="x", label="1=first,0=second")
    with pytest.raises(RowFault, match="label is the number 2") as fault:
        convert_row(row(2), match)
    assert fault.value.reason == "unknown-label"


@pytest.mark.parametrize(
    ("scores", "label", "margin"),
    [
        ((5, 2), 1, 3.0),
        ((2, 5), 0, 3.0),
        (("2", "5.5"), 0, 3.5),
        ((2, 5), 1, None),  # they say otherwise
        ((2, 2), 1, None),
        ((None, 5), 0, None),
        ((5, 2), 2, 0.0),  # a tie
    ],
)
def test_scores_give_a_margin_where_they_agree_with_the_label(
    scores: tuple[object, object], label: int, margin: float | None
) -> None:
    each = row(label, score_A=scores[0], score_B=scores[1])
    match = detect([each], place="x", label="1=first,0=second,2=tie")
    assert convert_row(each, match).margin == margin


STATED = st.one_of(
    st.sampled_from(["signed", "positive=first"]).map(
        lambda text: (text, st.integers(-3, 3))
    ),
    st.permutations(SIDES).map(
        lambda sides: (f"0={sides[0]},1={sides[1]},2={sides[2]}", st.integers(0, 2))
    ),
)  # fmt: skip


@given(STATED.flatmap(lambda said: st.tuples(st.just(said[0]), said[1])))
def test_turning_completions_and_meaning_gives_the_same_record(said: tuple[str, int]) -> None:
    stated, label = said
    reading = LabelReading.parse(stated)
    turned = (
        {"signed": "positive=first", "positive=first": "signed"}.get(stated)
        or ",".join(f"{value}={OTHER[side]}" for value, side in reading.sides)
    )  # fmt: skip
    one = row(label)
    other = {**one, "response_a": one["response_b"], "response_b": one["response_a"]}
    found = convert_row(one, Match("judged", label=reading.text))
    back = convert_row(other, Match("judged", label=turned))
    assert found.margin == back.margin
    sides = {text_of(found.chosen), text_of(found.rejected)}
    assert sides == {text_of(back.chosen), text_of(back.rejected)} == {"one", "two"}
    if found.margin != 0.0:
        assert found.chosen == back.chosen


@pytest.mark.parametrize(
    ("fields", "pairs"),
    [
        (["a", "b"], [("a", "b")]),
        (["answer_b", "answer_a"], [("answer_a", "answer_b")]),
        (["Response 1", "response-2"], [("Response 1", "response-2")]),
        (["x0", "x1"], [("x0", "x1")]),
        (["x_0", "x_1", "x_2"], []),
        (["回答甲", "回答乙", "提示"], [("回答甲", "回答乙")]),
        (["left text", "right text"], [("left text", "right text")]),
        (["first", "third", "prompt"], []),
    ],
)
def test_neutral_pairs_differ_in_a_mark(fields: list[str], pairs: list[tuple[str, str]]) -> None:
    assert neutral_pairs(fields) == pairs


def test_scores_and_texts_are_told_by_their_words() -> None:
    fields = ["score_a", "score_b", "id_a", "id_b", "human_ref_A", "human_ref_B", "a_votes",
              "b_votes", "answer_1_quality", "answer_2_quality"]  # fmt: skip
    assert score_pairs(fields) == [("score_a", "score_b"), ("a_votes", "b_votes"),
                                   ("answer_1_quality", "answer_2_quality")]  # fmt: skip
    assert text_pairs(fields) == [("human_ref_A", "human_ref_B")]


@pytest.mark.parametrize("sides", [("response_a", "response_b"), ("response_b", "response_a")])
def test_mapping_sides_beside_a_label_is_a_warning(
    sides: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    mapping = {"chosen": sides[0], "rejected": sides[1]}
    assert detect([row(1)], place="rows.jsonl", mapping=mapping).dialect == "pairs"
    [said] = caplog.messages
    assert f"{sides[0]!r} as the better one in every row, but 'label'" in said
    assert "--map first=response_a,second=response_b,label=label" in said


def test_mapping_sides_with_names_of_their_own_is_none(caplog: pytest.LogCaptureFixture) -> None:
    best = {"prompt": "q", "best": "a", "worst": "b", "label": 1}
    detect([best], place="x", mapping={"chosen": "best", "rejected": "worst"})
    bare = {"prompt": "q", "response_a": "a", "response_b": "b"}
    detect([bare], place="x", mapping={"chosen": "response_a", "rejected": "response_b"})
    assert not caplog.messages
