"""Exports of Potato: which side each kind of scheme prefers, and who judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prefdata.config.model import ReadConfig
from prefdata.config.pairs import PairsConfig
from prefdata.dialects.detect import detect
from prefdata.errors import DialectError
from prefdata.io.bytes.source import Segment
from prefdata.io.sources.find import find_sources
from prefdata.pipeline.inspect import inspect
from prefdata.records.judgement import Judgement
from prefdata.records.record import text_of
from prefdata.steps.read.meeting import judgements_of
from prefdata.transforms.judgements.policy import NoPair, pairs_of

Q, ONE, TWO, THREE = "Why is the sky blue?", "Light scatters.", "Paint.", "Nobody<br>knows."
LIST = f"{Q}<br>A. {ONE}<br>B. {TWO}"
MORE = f"{LIST}<br>C. {THREE}"


def section(legend: str, text: str) -> str:
    return f'<div name="instance_text"> <legend> {legend} </legend> {text} <br/> </div>'


def beside(legend: str, text: str) -> str:
    style = 'style="float:left;width:50%;padding:5px;" class="column"'
    return f'<div name="instance_text" {style}> <legend> {legend} </legend> {text} </div>'


def item(displayed: str, schemes: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "id": "i1", "displayed_text": displayed, "label_annotations": schemes,
        "span_annotations": [], "behavioral_data": {"time_string": "Time spent: 9s"}, **more,
    }  # fmt: skip


def judged(tmp_path: Path, *rows: dict[str, Any], name: str = "rows.jsonl") -> list[Judgement]:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    config = ReadConfig()
    [source] = find_sources([str(path)], spool=tmp_path, config=config).sources
    match = detect(rows, place="rows")
    assert match.dialect == "potato"
    return judgements_of(Segment(source), match, config)


def pairs(judgement: Judgement, criterion: str | None = None) -> set[tuple[str, str]]:
    made = pairs_of(judgement, PairsConfig(take="all", criterion=criterion))
    assert not isinstance(made, NoPair), made
    texts = [text_of(completion.messages) for completion in judgement.completions]
    return {(texts[pair.better], texts[pair.worse]) for pair in made}


@pytest.mark.parametrize(
    ("scheme", "better"),
    [
        ({"selection": "A"}, ONE), ({"selection": "B"}, TWO),
        ({"scale_value": "-2"}, ONE), ({"scale_value": 3}, TWO),
        ({"rank_order": "A,B"}, ONE), ({"rank_order": "B,A"}, TWO),
        ({"A": "1"}, ONE), ({"B": "2"}, TWO), ({"Response B": "true"}, TWO),
        ({"A": False, "B": True}, TWO), ({"A": "", "B": "2"}, TWO),
    ],
)  # fmt: skip
def test_a_scheme_prefers_the_side_that_it_names(
    scheme: dict[str, Any], better: str, tmp_path: Path
) -> None:
    [judgement] = judged(tmp_path, item(LIST, {"preference": scheme}))
    assert text_of(judgement.prompt) == Q
    assert pairs(judgement) == {(better, {ONE: TWO, TWO: ONE}[better])}
    assert [opinion.criterion for opinion in judgement.opinions] == ["preference"]
    kept = json.loads(judgement.metadata)
    assert kept["behavioral_data"] and kept["label_annotations"] == {"preference": scheme}


@pytest.mark.parametrize("scheme", [{"selection": "tie"}, {"scale_value": "0"}, {"tie": "3"}])
def test_a_tie_is_one(scheme: dict[str, Any], tmp_path: Path) -> None:
    [judgement] = judged(tmp_path, item(LIST, {"preference": scheme}))
    made = pairs_of(judgement, PairsConfig())
    assert isinstance(made, NoPair) and made.reason == "tie"


def test_a_number_has_a_strength_and_a_ranking_has_ties(tmp_path: Path) -> None:
    [strong] = judged(tmp_path, item(LIST, {"p": {"scale_value": "-2"}}))
    assert (strong.opinions[0].values, strong.opinions[0].graded) == ((2.0, 0.0), True)
    [ranked] = judged(tmp_path, item(MORE, {"p": {"rank_order": "C,A=B"}}))
    assert ranked.opinions[0].values == (2.0, 2.0, 1.0)
    assert pairs(ranked) == {(THREE, ONE), (THREE, TWO)}
    assert ranked.shown == (0, 1, 2)


def test_dimensions_are_criteria_and_a_justification_is_a_comment(tmp_path: Path) -> None:
    said = {"helpful": "A", "safe": "B", "justification": "because"}
    [judgement] = judged(tmp_path, item(LIST, {"compare": said}))
    assert judgement.overall == () and judgement.comment == "because"
    assert pairs(judgement, "compare.helpful") == {(ONE, TWO)}
    assert pairs(judgement, "compare.safe") == {(TWO, ONE)}


@pytest.mark.parametrize("write", [section, beside])
@pytest.mark.parametrize("whole", ["{}", '<div class="row" style="display: table"> {} </div>'])
def test_sections_are_named_by_their_legends(write: Any, whole: str, tmp_path: Path) -> None:
    parts = [("Question", Q), ("Response B", TWO), ("Response A", ONE)]
    text = whole.format("".join(write(*part) for part in parts))
    [judgement] = judged(tmp_path, item(text, {"p": {"selection": "A"}}))
    assert (text_of(judgement.prompt), judgement.shown) == (Q, None)
    assert pairs(judgement) == {(ONE, TWO)}


@pytest.mark.parametrize(
    "own",
    [
        {"responses": [ONE, TWO]},
        {"left": ONE, "right": TWO},
        {"response_a": ONE, "response_b": TWO},
    ],
)
def test_fields_of_the_row_come_before_what_was_displayed(
    own: dict[str, Any], tmp_path: Path
) -> None:
    [judgement] = judged(tmp_path, item("Compare.", {"p": {"selection": "B"}}, prompt=Q, **own))
    assert pairs(judgement) == {(TWO, ONE)}


def test_scales_rate_the_only_completion_or_the_one_that_is_named(tmp_path: Path) -> None:
    [one] = judged(tmp_path, item(ONE, {"quality": {"scale_4": "4"}}, question=Q))
    assert (one.opinions[0].values, text_of(one.prompt)) == ((4.0,), Q)
    rated = {"quality_A": {"scale_2": "2"}, "quality_B": {"scale_5": "5"}}
    [two] = judged(tmp_path, item(LIST, rated))
    [opinion] = two.opinions
    assert (opinion.criterion, opinion.values) == ("quality", (2.0, 5.0))
    assert pairs(two) == {(TWO, ONE)}


def test_a_scale_beside_a_comparison_is_none_of_it(tmp_path: Path) -> None:
    said = {"p": {"selection": "A"}, "confidence": {"scale_5": "5"}, "why": {"text_box": "short"}}
    [judgement] = judged(tmp_path, item(LIST, said))
    assert [opinion.criterion for opinion in judgement.opinions] == ["p"]
    assert judgement.comment == "short"


def test_columns_of_a_table_are_schemes(tmp_path: Path) -> None:
    path = tmp_path / "annotated_instances.tsv"
    path.write_text(
        "user\tinstance_id\tdisplayed_text\tp:::A\tp:::B\tspan_annotation:::x\n"
        f"ann\t1\t{LIST}\t1\t\t[]\nben\t1\t{LIST}\t\t2\t[]\n",
        encoding="utf-8",
    )
    config = ReadConfig()
    [source] = find_sources([str(path)], spool=tmp_path, config=config).sources
    rows = [{"user": "ann", "instance_id": "1", "displayed_text": LIST, "p:::A": "1"}]
    first, second = judgements_of(Segment(source), detect(rows, place="rows"), config)
    assert (first.judge, second.judge) == ("ann", "ben")
    assert (pairs(first), pairs(second)) == ({(ONE, TWO)}, {(TWO, ONE)})


def test_the_judge_is_the_user_or_the_folder_of_a_person(tmp_path: Path) -> None:
    row = item(LIST, {"p": {"selection": "A"}})
    name = "annotation_output/ann/annotated_instances.jsonl"
    [alone] = judged(tmp_path, row, name=name)
    [named] = judged(tmp_path, {**row, "user": "ben"}, name=name)
    assert (alone.judge, named.judge) == ("ann", "ben")
    for other in ("annotation_output/annotated_instances.jsonl", "ann/rows.jsonl"):
        assert judged(tmp_path, row, name=other)[0].judge is None
    several = judged(tmp_path, row, row, name=name)
    assert [judgement.judge for judgement in several] == [None, None]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (item(LIST, {}), "not-judged"),
        (item(LIST, {"topic": {"Sports": "1"}}), "not-judged"),
        (item(LIST, {"quality": {"scale_4": "4"}}), "not-judged"),
        (item(f"A. {ONE}<br>B. {TWO}", {"p": {"selection": "A"}}), "missing-field"),
        (item(f"{LIST}<br>B. other", {"p": {"selection": "A"}}), "wrong-type"),
        (item(LIST, {"p": {"selection": "C"}}), "unknown-label"),
        (item(MORE, {"p": {"selection": "A"}}), "unknown-label"),
        (item(LIST, {"p": {"rank_order": "B,Z"}}), "unknown-label"),
        (item(LIST, {"p": {"scale_value": "left"}}), "unknown-label"),
        (item('<div name="instance_text"> x </div>', {"p": {"selection": "A"}}), "wrong-type"),
    ],
)
def test_what_is_not_understood_is_never_guessed(
    row: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    good = item(LIST, {"p": {"selection": "A"}})
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{json.dumps(row)}\n{json.dumps(good)}\n", encoding="utf-8")
    [file] = inspect([path]).files
    assert (file.records, {**file.quarantined, **file.unpaired}) == (1, {reason: 1})


@pytest.mark.parametrize("odd", ['"\\ud83d"', "NaN", "1e999", "[" * 400 + "]" * 400])
def test_odd_values_beside_are_accounted_for(odd: str, tmp_path: Path) -> None:
    row = json.dumps(item(LIST, {"p": {"selection": "A"}}))
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{row}\n{row[:-1]}, "odd": {odd}}}\n', encoding="utf-8")
    [file] = inspect([path]).files
    assert (file.dialect, file.rows) == ("potato", 2) and file.records == 1


def test_files_without_texts_say_so_and_do_not_stand_in_the_way(tmp_path: Path) -> None:
    state = {"user_id": "ann", "instance_id_to_label_to_value": {"i1": {"p": {"selection": "A"}}}}
    labels = {"instance_id": "i1", "user_id": "ann", "labels": {"p": {"selection": "A"}}}
    for row in (state, labels):
        with pytest.raises(DialectError, match="no texts to make pairs of"):
            detect([row], place="rows")
    folder = tmp_path / "ann"
    judged(tmp_path, item(LIST, {"p": {"selection": "A"}}), name="ann/annotated_instances.jsonl")
    for name in ("user_state.json", "assigned_user_data.json"):
        (folder / name).write_text(json.dumps(state), encoding="utf-8")
    assert [file.records for file in inspect([folder]).files] == [1]
