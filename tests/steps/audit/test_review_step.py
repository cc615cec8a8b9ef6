from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hand_judged import judged
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.audit import AuditConfig
from prefdata.io.files.shards import read_table, write_table
from prefdata.io.review.answers import Answer, Answers
from prefdata.label_audit.claims.claims import Claimed
from prefdata.label_audit.claims.posterior import RowChances
from prefdata.results.audit import AnswerClaims, Claims, LabelClass, Share
from prefdata.results.review import Decision, Drawn
from prefdata.steps.audit.audit_verdicts import audit_verdicts
from prefdata.steps.audit.decided import DecidedRow, DecidedRows
from prefdata.steps.audit.review import (
    Flips,
    evidence_of,
    flipped_labels,
    protected_rows,
    review_remark,
    review_verdicts,
    reviewed,
)
from prefdata.steps.pairs.label_table import LABEL_SCHEMA, LabelTable, write_labels
from prefdata.steps.split.groups import SPLIT_SCHEMA
from prefdata.steps.split.split_table import groups_of, leave_split
from prefdata.steps.verdict_tables import VERDICT_SCHEMA


def decided(*decisions: Decision, note: str = "", unmatched: tuple[int, ...] = ()) -> DecidedRows:
    rows = [
        DecidedRow(n * 10, said, n + 2, note, False, (said,)) for n, said in enumerate(decisions)
    ]
    return DecidedRows(tuple(rows), unmatched)


@pytest.mark.parametrize(
    ("flips", "verdict", "reason"),
    [
        ("drop", "drop", "reviewed-flip"),
        ("flip", "flag", "label-flipped"),
        ("flag", "flag", "reviewed-flip"),
    ],
)
def test_every_decision_is_a_verdict(flips: Flips, verdict: str, reason: str) -> None:
    given_rows = decided("keep", "flip", "drop", "unsure")
    done = ", so chosen and rejected are swapped" if flips == "flip" else ""
    found = review_verdicts(given_rows, "some/where/r.csv", flips)
    assert found.schema == pl.Schema(VERDICT_SCHEMA)
    assert found.drop("other", "sentence").rows() == [
        (0, "flag", "reviewed", "keep: r.csv, line 2"),
        (10, verdict, reason, f"flip{done}: r.csv, line 3"),
        (20, "drop", "reviewed-drop", "drop: r.csv, line 4"),
        (30, "flag", "reviewed", "unsure: r.csv, line 5"),
    ]
    turned = [10] if done else []
    assert flipped_labels(given_rows, flips)["row"].to_list() == turned
    assert list(protected_rows(given_rows)) == [0, 10, 20]


def test_nothing_decided_is_no_verdict() -> None:
    assert review_verdicts(decided(), "r.csv", "flip").is_empty()
    assert flipped_labels(decided(), "flip").schema == pl.Schema(LABEL_SCHEMA)


def test_what_people_said_is_evidence_of_each_line_once() -> None:
    drawn = Drawn("all", 100, 100, 1)
    said: list[tuple[Decision, Drawn | None]] = [("keep", drawn), ("flip", drawn), ("flip", None)]
    answers = Answers(
        "r.csv",
        tuple(Answer(n + 2, (d,), "", f"{n:032x}", None, by) for n, (d, by) in enumerate(said)),
        4,
        "f",
    )
    rows = decided("keep", "flip", "flip", unmatched=(9,))
    copy = DecidedRow(30, "keep", 2, "", False, ("keep",))  # of the first row: the same content
    everyone = DecidedRows((*rows.rows, copy), (9,))
    evidence = evidence_of(answers, everyone, np.array([1, 2, 3, 4]), 0.1)
    assert [(row.row, row.group, row.readings, row.drawn) for row in evidence.rows] == [
        (0, 1, ("keep",), drawn),
        (10, 2, ("flip",), drawn),
        (20, 3, ("flip",), None),
    ]
    found = reviewed(answers, everyone, evidence)
    assert (found.rows, found.unmatched) == (3, 1)
    assert found.decisions == {"keep": 2, "flip": 2}
    assert found.flip_rate == evidence.rate
    assert found.flip_rate is not None
    assert found.flip_rate.value == 0.5
    assert evidence.error == 0.1
    assert review_remark(answers, rows) == (
        "3 decisions of r.csv; rows: flip 2, keep 1; on rows that are not in the data, or that "
        "another step has dropped: 1 (line 9)"
    )


CLASSES: list[LabelClass] = [
    "model-agrees",
    "model-disagrees",
    "ambiguous",
    "model-disagrees",
    "model-uncertain",
    "model-agrees",
    "model-disagrees",
]
MARGINS = [2.0, -1.0, 0.1, -3.0, 0.5, 1.5, -2.0]
ROWS = np.arange(7) * 2
P_FLIP = [0.1, 0.6, 0.55, 0.9, 0.4, 0.3, 0.8]


def claimed(*, may_drop: bool | None = None, first: int = 4, unread: int = 3) -> Claimed:
    """Without answers where `may_drop` is None."""
    claims = Claims(first=first, most=first, what_if=(), says=())
    if may_drop is None:
        return Claimed(claims, None)
    flip = np.array(P_FLIP)
    answers = AnswerClaims(
        parts=(),
        reading_error=0,
        rate=Share(value=0.1, low=0.0, high=0.2),
        wrong_at_top=(0, first),
        may_drop=may_drop,
        unread=unread,
    )
    told = RowChances(flip, flip - 0.1, flip + 0.1, 0.1)
    return Claimed(claims.model_copy(update={"answers": answers}), told)


Said = tuple[list[tuple[Any, ...]], dict[str, str], list[tuple[Any, ...]]]


def said(of: Claimed, **config: Any) -> Said:
    """A person has decided about row 12, the second in rank."""
    found = audit_verdicts(
        judged(CLASSES, MARGINS), of, ROWS, AuditConfig(**config), np.array([12], np.int64)
    )
    assert found.verdicts.schema == pl.Schema(VERDICT_SCHEMA)
    return found.verdicts.drop("other", "sentence").rows(), found.remarks, found.labels.rows()


EVIDENCE = {
    2: "rank 3 of 7 by disagreement; models give the label 0.27",
    6: "rank 1 of 7 by disagreement; models give the label 0.05",
    4: "rank 4 of 7 by disagreement; models give the label 0.52",
}
UNSURE = [
    (4, "flag", "ambiguous", "reward margin +0.10, spread 0.25"),
    (8, "flag", "model-uncertain", "reward margin +0.50, spread 0.25"),
]
FLAGGED = sorted([
    *((row, "flag", "model-disagrees", EVIDENCE[row]) for row in (2, 6)), *UNSURE
])  # fmt: skip


@pytest.mark.parametrize("action", ["flag", "drop", "soft-label"])
def test_without_answers_rows_are_flagged_by_rank_and_nothing_else_is_done(action: str) -> None:
    lines, remarks, labels = said(claimed(), action=action)
    assert lines == FLAGGED
    assert labels == []
    if action == "flag":
        assert remarks == {}
    else:
        assert remarks["suspected"].startswith(f"{action} needs answers of people")
        assert "--decisions" in remarks["suspected"]


def test_answers_say_which_rows_are_likely_flipped() -> None:
    lines, remarks, labels = said(claimed(may_drop=True), action="flag")
    of_answers = {row: f"; of rows like this {flip}" for row, flip in {
        2: "60% are wrong, according to people's answers (50%-70%)",
        4: "55% are wrong, according to people's answers (45%-65%)",
        6: "90% are wrong, according to people's answers (80%-100%)",
    }.items()}  # fmt: skip
    likely = [(row, "flag", "likely-flipped", EVIDENCE[row] + of_answers[row]) for row in (2, 4, 6)]
    assert lines == sorted([*likely, UNSURE[1]])
    assert (remarks, labels) == ({}, [])


def test_the_first_of_the_ranking_are_dropped_if_the_answers_promise_it() -> None:
    lines, remarks, _ = said(claimed(may_drop=True), action="drop")
    dropped = [(row, reason) for row, verdict, reason, _ in lines if verdict == "drop"]
    assert dropped == [(row, "suspected") for row in (2, 4, 6)]  # a person knows row 12
    assert remarks == {}
    one, _, _ = said(claimed(may_drop=True, first=1), action="drop")
    assert [line[0] for line in one if line[1] == "drop"] == [6]
    assert {line[0] for line in one if line[1] == "flag"} == {2, 4, 8}


@pytest.mark.parametrize(
    ("unread", "says"),
    [(3, "do not show that 90% of the 3 unread rows"), (0, "people have read all rows at the top")],
)
def test_what_is_not_promised_is_not_dropped_and_it_is_said_why(unread: int, says: str) -> None:
    lines, remarks, _ = said(claimed(may_drop=False, unread=unread), action="drop", precision=0.9)
    assert not any(line[1] == "drop" for line in lines)
    assert says in remarks["suspected"]


def test_soft_labels_are_of_likely_flips_alone() -> None:
    lines, remarks, labels = said(claimed(may_drop=False), action="soft-label")
    assert remarks == {}
    assert all(line[1] == "flag" for line in lines)
    [evidence] = [line[3] for line in lines if line[0] == 6]
    assert evidence.endswith("label_probability 0.10")
    assert sorted((row, turned, pytest.approx(p)) for row, turned, p in labels) == [
        (2, False, 0.4),
        (4, False, 0.45),
        (6, False, 0.1),
    ]
    none, _, kept = said(claimed(may_drop=False), action="soft-label", likely=0.95)
    assert kept == []
    assert not any(line[2] == "likely-flipped" for line in none)


def test_no_more_are_flagged_than_asked_the_first_in_rank_first() -> None:
    lines, _, _ = said(claimed(), action="flag", top=1)
    assert [line[0] for line in lines if line[2] == "model-disagrees"] == [6]
    lines, _, labels = said(claimed(may_drop=False), action="soft-label", top=2)
    assert sorted(row for row, *_ in labels) == [2, 6]
    assert said(claimed(), action="off") == ([], {}, [])


def test_where_rows_are_not_judged_nothing_is_said_but_why() -> None:
    found = audit_verdicts(
        judged(CLASSES, MARGINS, is_judged=False), None, ROWS, AuditConfig(), ROWS[:0]
    )
    assert found.verdicts.is_empty()
    assert found.labels.is_empty()
    assert found.remarks == {"not-judged": "audit: no row was flagged (AUROC .55)"}
    nothing = audit_verdicts(None, None, ROWS, AuditConfig(), ROWS[:0])
    assert nothing.verdicts.is_empty()


lines_of_labels = st.dictionaries(
    st.integers(0, 40), st.tuples(st.booleans(), st.floats(0, 1)), max_size=20
)


@given(lines=lines_of_labels, asked=st.sets(st.integers(0, 40)))
def test_labels_of_rows(
    lines: dict[int, tuple[bool, float]],
    asked: set[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    labels = LabelTable(tmp_path_factory.mktemp("labels") / "labels.arrow")
    frame = [(row, *line) for row, line in lines.items()]
    write_labels(labels.table, pl.DataFrame(frame, pl.Schema(LABEL_SCHEMA), orient="row"))
    rows = np.array(sorted(asked), np.int64)
    is_turned, probability = labels.of(rows)
    expected = [lines.get(row, (False, 1.0)) for row in rows.tolist()]
    assert list(zip(is_turned.tolist(), probability.tolist(), strict=True)) == expected


@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.booleans()), max_size=30),
    is_divided=st.booleans(),
)
def test_groups_are_named_by_who_is_left(
    rows: list[tuple[int, int, bool]],
    is_divided: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("sides")
    firsts: dict[int, int] = {}
    for number, (_, group, _) in enumerate(rows):
        firsts.setdefault(group, number)
    names = [firsts[group] if is_divided else None for _, group, _ in rows]
    table = pa.table(
        [list(range(len(rows))), [split for split, _, _ in rows], names], schema=SPLIT_SCHEMA
    )
    write_table(folder / "sides.arrow", table.to_batches(), SPLIT_SCHEMA)
    dropped = np.array([n for n, (_, _, goes) in enumerate(rows) if goes], np.int64)
    leave_split(folder / "sides.arrow", dropped, folder / "left.arrow")
    some = np.arange(0, len(rows), 3)
    named = [names[n] if is_divided else n for n in some.tolist()]
    assert groups_of(folder / "sides.arrow", some).tolist() == named
    left = pa.Table.from_batches(read_table(folder / "left.arrow"), SPLIT_SCHEMA).to_pylist()
    slow: dict[int, int] = {}
    expected = []
    for number, (split, group, goes) in enumerate(rows):
        if not goes:
            first = slow.setdefault(group, number)
            expected.append({"row": number, "split": split, "group": first if is_divided else None})
    assert left == expected


def test_a_row_has_one_label(tmp_path: Path) -> None:
    twice = pl.DataFrame([(1, True, 1.0), (1, False, 0.5)], pl.Schema(LABEL_SCHEMA), orient="row")
    with pytest.raises(AssertionError, match="two labels"):
        write_labels(tmp_path / "labels.arrow", twice)
