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
from prefdata.results.review import Decision, Drawn
from prefdata.steps.audit.audit_verdicts import audit_verdicts
from prefdata.steps.audit.decided import DecidedRow, DecidedRows
from prefdata.steps.audit.review import (
    Flips,
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
    rows = [DecidedRow(n * 10, said, n + 2, note, False) for n, said in enumerate(decisions)]
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
    done = ", so chosen and rejected change places" if flips == "flip" else ""
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
        tuple(Answer(n + 2, d, "", f"{n:032x}", None, by) for n, (d, by) in enumerate(said)),
        4,
        "f",
    )
    rows = decided("keep", "flip", "flip", unmatched=(9,))
    copy = DecidedRow(30, "keep", 2, "", False)  # of the first row: the same content
    groups = np.array([1, 2, 3, 4])
    found = reviewed(answers, DecidedRows((*rows.rows, copy), (9,)), groups, seed=0)
    assert (found.rows, found.unmatched) == (3, 1)
    assert found.decisions == {"keep": 2, "flip": 2}
    assert found.flip_rate is not None
    assert (found.flip_rate.pairs, found.flip_rate.groups, found.flip_rate.value) == (2, 2, 0.5)
    assert review_remark(answers, rows) == (
        "3 decisions of r.csv; rows: flip 2, keep 1; about rows that are not in the data, or that "
        "another step has dropped: 1 (line 9)"
    )


CLASSES: Any = [
    "sound",
    "likely-flipped",
    "ambiguous",
    "likely-flipped",
    "model-uncertain",
    "shortcut-contradicting",
    "likely-flipped",
]
ROWS = np.arange(7) * 2
P_FLIP = [0.1, 0.6, 0.5, 0.9, 0.4, 0.3, 0.8]


def said(**config: Any) -> tuple[list[tuple[Any, ...]], dict[str, str], list[tuple[Any, ...]]]:
    found = audit_verdicts(
        judged(CLASSES, P_FLIP), ROWS, AuditConfig(**config), np.array([12], np.int64)
    )
    assert found.verdicts.schema == pl.Schema(VERDICT_SCHEMA)
    return found.verdicts.drop("other", "sentence").rows(), found.remarks, found.labels.rows()


FLAGGED = [
    (4, "flag", "ambiguous", "reward margin +0.00, spread 0.25"),
    (8, "flag", "model-uncertain", "reward margin +0.00, spread 0.25"),
    (10, "flag", "shortcut-contradicting", "reward margin +0.00, spread 0.25"),
]


@pytest.mark.parametrize(("action", "verdict"), [("drop", "drop"), ("flag", "flag")])
def test_the_audit_says_what_it_thinks_but_not_where_a_person_knows(
    action: str, verdict: str
) -> None:
    lines, remarks, labels = said(action=action)
    likely = [
        (2, verdict, "likely-flipped", "P(flip) 0.60 (0.50-0.70)"),
        (6, verdict, "likely-flipped", "P(flip) 0.90 (0.80-1.00)"),
    ]
    assert lines == sorted([*likely, *FLAGGED])
    assert (remarks, labels) == ({}, [])


def test_soft_labels_are_of_likely_flips_alone() -> None:
    lines, _, labels = said(action="soft-label")
    evidence = "P(flip) 0.90 (0.80-1.00); label_probability 0.10"
    assert (6, "flag", "likely-flipped", evidence) in lines
    assert [(row, is_turned, pytest.approx(p)) for row, is_turned, p in labels] == [
        (2, False, 0.4),
        (6, False, 0.1),
    ]


def test_the_likeliest_go_first_and_the_rest_is_told() -> None:
    lines, remarks, _ = said(action="drop", top=1)
    assert [line[0] for line in lines if line[2] == "likely-flipped"] == [6]
    assert remarks == {"likely-flipped": "rows likely flipped: 2; audit.top took the 1 likeliest"}
    assert said(action="off") == ([], {}, [])


def test_where_rows_are_not_judged_nothing_is_said_but_why() -> None:
    found = audit_verdicts(judged(CLASSES, P_FLIP, is_judged=False), ROWS, AuditConfig(), ROWS[:0])
    assert found.verdicts.is_empty()
    assert found.labels.is_empty()
    assert found.remarks == {"not-judged": "audit: no row was judged (AUROC .55)"}


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
