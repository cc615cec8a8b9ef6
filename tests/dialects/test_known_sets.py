"""Known sets of two completions: each way round, with their margins, and never the other way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prefdata.config.pairs import PairsConfig
from prefdata.dialects import DIALECTS, dialect_of
from prefdata.dialects.convert import convert_row, judge_row
from prefdata.dialects.detect import detect
from prefdata.dialects.dialect import Match
from prefdata.dialects.formats.named_sides import NAMED_SIDES
from prefdata.dialects.judgements.criteria import refuse_undecided
from prefdata.errors import DialectError, RowFault
from prefdata.records.record import Message, text_of
from prefdata.transforms.judgements.policy import NoPair, pairs_of

Q, ONE, TWO = "湖水为什么是绿色的？", "one", "two"


def shp(label: object) -> dict[str, Any]:
    return {"post_id": "p", "history": Q, "human_ref_A": ONE, "human_ref_B": TWO,
            "labels": label, "score_A": 7, "score_B": 3}  # fmt: skip


def helpsteer2(strength: object) -> dict[str, Any]:
    return {"prompt": Q, "response_1": ONE, "response_2": TWO, "preference_strength": strength}


def helpsteer3(strength: object) -> dict[str, Any]:
    talk = [{"role": "user", "content": Q}]
    return {"context": talk, "response1": ONE, "response2": TWO, "overall_preference": strength,
            "domain": "general"}  # fmt: skip


def webgpt(scores: tuple[float, float]) -> dict[str, Any]:
    return {"question": {"full_text": Q, "id": "7"}, "answer_0": ONE, "answer_1": TWO,
            "score_0": scores[0], "score_1": scores[1], "quotes_0": {"title": ["t"]}}  # fmt: skip


def summaries(choice: object) -> dict[str, Any]:
    return {"info": {"id": "t3", "post": Q, "title": "湖"}, "choice": choice, "worker": "w7",
            "summaries": [{"text": ONE, "policy": "a"}, {"text": TWO, "policy": "b"}]}  # fmt: skip


def articles(choice: object) -> dict[str, Any]:
    return {**summaries(choice), "info": {"id": "t3", "post": None, "article": Q}}


def llmbar(label: object) -> dict[str, Any]:
    return {"input": Q, "output_1": ONE, "output_2": TWO, "label": label}


def chinese(label: object) -> dict[str, Any]:
    return {"问题": Q, "回答A": ONE, "回答B": TWO, "更优": label, "标注员": "小王"}


def mt_bench(winner: object) -> dict[str, Any]:
    def talk(answer: str) -> list[dict[str, str]]:
        return [
            {"role": "user", "content": Q}, {"role": "assistant", "content": answer},
            {"role": "user", "content": "And?"}, {"role": "assistant", "content": f"more {answer}"},
        ]  # fmt: skip

    return {"question_id": 8, "conversation_a": talk(ONE), "conversation_b": talk(TWO),
            "winner": winner, "judge": "expert_3", "turn": 1}  # fmt: skip


def by_name(winner: object) -> dict[str, Any]:
    return {"prompt": Q, "model_a": "small", "model_b": "large", "response_a": ONE,
            "response_b": TWO, "winner": winner}  # fmt: skip


SETS: list[tuple[str, Any, list[tuple[object, str, float | None]]]] = [
    ("shp", shp, [(1, ONE, None), (0, TWO, None), ("1", ONE, None)]),
    ("helpsteer2-preference", helpsteer2,
     [(-3, ONE, 3.0), (-1, ONE, 1.0), (2, TWO, 2.0), ("3", TWO, 3.0), (0, ONE, 0.0)]),
    ("helpsteer3-preference", helpsteer3, [(-2, ONE, 2.0), (3, TWO, 3.0), (0, ONE, 0.0)]),
    ("webgpt", webgpt,
     [((1.0, -1.0), ONE, 2.0), ((-0.5, 0.25), TWO, 0.75), ((0.0, -0.0), ONE, 0.0)]),
    ("summarize-feedback", summaries, [(0, ONE, None), (1, TWO, None)]),
    ("summarize-feedback", articles, [(0, ONE, None), (1, TWO, None)]),
    ("llmbar", llmbar, [(1, ONE, None), (2, TWO, None)]),
    ("judge-named", chinese,
     [("A", ONE, None), ("回答B更好", TWO, None), ("平局", ONE, 0.0), ("B>>A", TWO, 2.0)]),
    ("judge-named", by_name, [("small", ONE, None), ("large", TWO, None), ("tie", ONE, 0.0)]),
    ("arena-conversations", mt_bench,
     [("model_a", ONE, None), ("model_b", TWO, None), ("tie", ONE, 0.0)]),
]  # fmt: skip
CASES = [
    pytest.param(name, make(label), better, margin, id=f"{name}-{label}")
    for name, make, labels in SETS
    for label, better, margin in labels
]


@pytest.mark.parametrize(("name", "row", "better", "margin"), CASES)
def test_a_row_is_read_the_documented_way(
    name: str, row: dict[str, Any], better: str, margin: float | None
) -> None:
    match = detect([row], place="rows")
    assert match.dialect == name
    record = convert_row(row, match)
    assert record.prompt == (Message("user", Q),)
    assert (text_of(record.chosen), record.margin) == (better, margin)
    assert text_of(record.rejected) == {ONE: TWO, TWO: ONE}[better]


@pytest.mark.parametrize(("name", "row", "better", "margin"), CASES)
def test_objects_may_be_json_text_as_in_csv(
    name: str, row: dict[str, Any], better: str, margin: float | None
) -> None:
    flat = {k: json.dumps(v) if isinstance(v, (list, dict)) else str(v) for k, v in row.items()}
    record = convert_row(flat, detect([flat], place="rows"))
    assert (text_of(record.chosen), record.margin) == (better, margin)


@pytest.mark.parametrize(("name", "row", "better", "margin"), CASES)
def test_the_label_and_all_else_stay_in_metadata(
    name: str, row: dict[str, Any], better: str, margin: float | None
) -> None:
    kept = json.loads(convert_row(row, Match(name)).metadata or "{}")
    gone = row.keys() - kept.keys()
    assert all(isinstance(row[key], (str, list)) for key in gone) and len(kept) >= 1
    assert {key: row[key] for key in kept} == kept
    assert not {Q, ONE, TWO} & {value for value in kept.values() if isinstance(value, str)}


@pytest.mark.parametrize(
    ("make", "label"),
    [(shp, 2), (shp, None), (shp, "A"), (helpsteer2, "x"), (webgpt, (None, 1)), (summaries, 2),
     (llmbar, 0), (chinese, "更优"), (by_name, "medium")],
)  # fmt: skip
def test_a_label_that_is_not_documented_is_a_fault(make: Any, label: object) -> None:
    name = next(name for name, maker, _ in SETS if maker is make)
    with pytest.raises(RowFault) as fault:
        convert_row(make(label), Match(name))
    assert fault.value.reason == "unknown-label"


@pytest.mark.parametrize(
    "change",
    [{"info": "x"}, {"summaries": [{"text": "a"}]}, {"summaries": ["a", "b"]}, {"summaries": "{}"}],
)
def test_summaries_that_are_not_two_are_a_fault(change: dict[str, Any]) -> None:
    with pytest.raises(RowFault) as fault:
        convert_row({**summaries(0), **change}, Match("summarize-feedback"))
    assert fault.value.reason == "wrong-type"


def test_a_question_without_full_text_is_not_webgpt() -> None:
    row = {**webgpt((1.0, 0.0)), "question": Q}
    with pytest.raises(RowFault, match="full_text"):
        convert_row(row, Match("webgpt"))


KNOWN = [(name, make) for name, make, _ in SETS if name != "arena-conversations"]


@pytest.mark.parametrize(("name", "make"), KNOWN)
def test_a_statement_that_contradicts_a_known_set_is_refused(name: str, make: Any) -> None:
    labels = next(labels for _, maker, labels in SETS if maker is make)
    label, better, _ = labels[0]
    value = label if isinstance(label, (int, str)) else 1
    for side, said in (("first", ONE), ("second", TWO)):
        stated = "higher=better" if name == "webgpt" else f'"{value}"={side}'
        if said != better and name == "webgpt":
            stated = "lower=better"
        if said == better:
            assert detect([make(label)], place="rows", label=stated).dialect in (name, "judged")
        else:
            with pytest.raises(DialectError, match="says otherwise") as error:
                detect([make(label)], place="rows", label=stated)
            assert name in str(error.value) and "--dialect judged" in str(error.value)


def test_shp_never_comes_out_inverted_but_by_insisting() -> None:
    rows = [shp(1), shp(0)]
    mapping = {"prompt": "history", "first": "human_ref_A", "second": "human_ref_B",
               "label": "labels"}  # fmt: skip
    for said in (None, mapping):
        match = detect(rows, place="rows", mapping=said)
        assert [text_of(convert_row(row, match).chosen) for row in rows] == [ONE, TWO]
        with pytest.raises(DialectError, match="2 of 2 rows"):
            detect(rows, place="rows", mapping=said, label="0=first,1=second")
    with pytest.raises(DialectError, match="fields are those of SHP"):
        detect(rows, place="rows", dialect="judged", mapping=mapping)


def test_a_known_set_has_its_own_names() -> None:
    row = {"q": Q, "x": ONE, "y": TWO, "z": 1}
    mapping = {"prompt": "q", "first": "x", "second": "y", "label": "z"}
    with pytest.raises(DialectError, match="--label"):
        detect([row], place="rows", mapping=mapping)
    found = detect([row], place="rows", mapping=mapping, label="1=second")
    assert found.dialect == "judged" and text_of(convert_row(row, found).chosen) == TWO


def pku(better: object, safer: object) -> dict[str, Any]:
    return {"prompt": Q, "response_0": ONE, "response_1": TWO, "is_response_0_safe": True,
            "better_response_id": better, "safer_response_id": safer}  # fmt: skip


@pytest.mark.parametrize(
    ("criterion", "ids", "better"),
    [("better", (0, 1), ONE), ("better", (1, 0), TWO), ("safer", ("0", "1"), TWO),
     ("safer", (1, 0), ONE)],
)  # fmt: skip
def test_one_of_two_opinions_decides_and_the_other_stays(
    criterion: str, ids: tuple[object, object], better: str
) -> None:
    row = pku(*ids)
    match = detect([row], place="rows")
    judgement = judge_row(row, match)
    made = pairs_of(judgement, PairsConfig(criterion=criterion))
    assert match.dialect == "pku-saferlhf" and isinstance(made, list)
    [pair] = made
    assert text_of(judgement.completions[pair.better].messages) == better
    assert pair.margin is None
    assert {o.criterion for o in judgement.opinions} == {"better", "safer"}
    kept = json.loads(judgement.metadata)
    assert (kept["better_response_id"], kept["safer_response_id"]) == ids


def test_neither_of_two_opinions_is_the_opinion_as_a_whole() -> None:
    assert isinstance(pairs_of(judge_row(pku(0, 0), Match("pku-saferlhf")), PairsConfig()), NoPair)


@pytest.mark.parametrize(("ids", "said"), [((0, None), ["better"]), (("nan", 1), ["safer"])])
def test_a_criterion_that_a_row_says_nothing_of_has_no_opinion(
    ids: tuple[object, object], said: list[str]
) -> None:
    judgement = judge_row(pku(*ids), Match("pku-saferlhf"))
    assert [opinion.criterion for opinion in judgement.opinions] == said
    silent = PairsConfig(criterion="safer" if said == ["better"] else "better")
    assert isinstance(pairs_of(judgement, silent), NoPair)


@pytest.mark.parametrize("ids", [(2, 0), (0, "first"), (True, 0)])
def test_a_label_of_either_criterion_that_is_not_documented_is_a_fault(
    ids: tuple[object, object],
) -> None:
    with pytest.raises(RowFault, match="_response_id is"):
        judge_row(pku(*ids), Match("pku-saferlhf"))


def test_without_a_criterion_both_are_listed_with_how_often_they_disagree() -> None:
    rows = [pku(0, 1), pku(1, 1), pku(0, 0), pku(1, 1)]
    match = detect(rows[:2], place="rows")
    with pytest.raises(DialectError, match=r"differ in 1 of 4 judgements \(25%\)") as error:
        refuse_undecided(rows[:2], match, PairsConfig(), "rows", lambda: rows)
    assert "--criterion better or --criterion safer" in str(error.value)
    with pytest.raises(DialectError, match="Criteria: better, safer"):
        refuse_undecided(rows, match, PairsConfig(criterion="nicer"), "rows")


@pytest.mark.parametrize(("turn", "length"), [(1, 1), (2, 3), (3, 3), ("1", 1), (None, 3), ("", 3)])
def test_a_conversation_ends_with_the_answer_that_was_judged(turn: object, length: int) -> None:
    row = {**mt_bench("model_b"), "turn": turn}
    record = convert_row(row, detect([row], place="rows"))
    assert (len(record.chosen), len(record.rejected)) == (length, length)
    assert record.chosen[0].content == TWO


@pytest.mark.parametrize("turn", [0, -1, 1.5, "last", True, [1]])
def test_a_turn_that_is_no_number_of_a_question_is_a_fault(turn: object) -> None:
    with pytest.raises(RowFault, match="turn is"):
        convert_row({**mt_bench("model_a"), "turn": turn}, Match("arena-conversations"))


def test_who_judged_is_a_part_that_metadata_keeps() -> None:
    for row in (mt_bench("model_a"), summaries(0), chinese("A")):
        match = detect([row], place="rows")
        part = dialect_of(match).judge_part
        assert part == "judge" and part not in dialect_of(match).represented
        who = next(row[name] for name in ("judge", "worker", "标注员") if name in row)
        assert who in json.loads(convert_row(row, match).metadata or "{}").values()


def test_every_dialect_with_own_names_is_told_from_the_others() -> None:
    own = {d.name for d in DIALECTS if d.own_names}
    assert own == {"shp", "helpsteer2-preference", "helpsteer3-preference", "webgpt",
                   "summarize-feedback", "llmbar", "pku-saferlhf",
                   *(d.name for d in NAMED_SIDES)}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "dialect"),
    [
        ({"问题": Q, "被选": ONE, "被拒": TWO}, "pairs"),
        ({"指令": "翻译", "输入": Q, "更好的回答": ONE, "较差的回答": TWO}, "pairs"),
        ({"提示": Q, "选择": ONE, "拒绝": TWO}, "pairs"),
    ],
)
def test_chinese_headers_of_pairs(row: dict[str, Any], dialect: str) -> None:
    match = detect([row], place="rows")
    record = convert_row(row, match)
    assert match.dialect == dialect and text_of(record.prompt).endswith(Q)
    assert (text_of(record.chosen), text_of(record.rejected)) == (ONE, TWO)
    assert record.metadata in (None, "{}")


def test_a_rarer_name_counts_only_where_no_usual_one_is_there() -> None:
    row = {"prompt": Q, "问题": "else", "chosen": ONE, "rejected": TWO, "chosen_reward": 9,
           "rejected_reward": 1, "chosen_score": 5, "rejected_score": 2}  # fmt: skip
    record = convert_row(row, detect([row], place="rows"))
    assert text_of(record.prompt) == Q and record.margin == 3.0
    assert set(json.loads(record.metadata or "{}")) >= {"问题", "chosen_reward"}


@pytest.mark.parametrize(
    "names",
    ["chosen_score rejected_score", "score_chosen score_rejected",
     "chosen_rating rejected_rating", "rating_chosen rating_rejected",
     "chosen_reward rejected_reward", "chosen-rating rejected-rating",
     "reward_chosen reward_rejected", "chosen_avg_rating rejected_avg_rating"],
)  # fmt: skip
def test_scores_of_any_common_name_give_the_margin_of_a_pair(names: str) -> None:
    better, worse = names.split()
    row = {"prompt": Q, "chosen": ONE, "rejected": TWO, better: 4, worse: "1.5"}
    assert convert_row(row, detect([row], place="rows")).margin == 2.5
