from __future__ import annotations

import json
from pathlib import Path

import pytest
from sound_pairs import Write, pair

from prefdata.config.load import config_of
from prefdata.errors import IntegrityError, UsageError
from prefdata.pipeline.build import build
from prefdata.pipeline.explain import explain
from prefdata.pipeline.explanation.cluster import explain_cluster
from prefdata.pipeline.verify import verify


@pytest.fixture(params=["arrow", "parquet"])
def out(write: Write, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    rows: list[object] = [pair(n) for n in range(30)]
    rows[4] = "{broken"
    rows[6] = pair(5)
    rows[8] = pair(8) | {"chosen": pair(7)["rejected"], "prompt": pair(7)["prompt"]}
    rows[10] = pair(10, chosen="Same.", rejected="same. ")
    out = tmp_path / "out"
    config = config_of({"shards": {"to": request.param}, "split": {"test": 0.3}})
    build([write("a.jsonl", rows)], out=out, config=config)
    return out


def test_a_sound_folder_has_no_problems(out: Path) -> None:
    assert verify(out).problems == ()


def test_every_file_is_guarded(out: Path) -> None:
    for name in (entry.path for entry in verify(out).manifest.files):
        path, before = out / name, (out / name).read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        assert [p for p in verify(out).problems if name in p and "checksum" in p]
        path.write_bytes(before[:-1])
        assert [p for p in verify(out).problems if name in p and "bytes" in p]
        path.unlink()
        assert [p for p in verify(out).problems if name in p and "missing" in p]
        path.write_bytes(before)
    assert verify(out).problems == ()


def test_a_file_too_many_is_a_problem(out: Path) -> None:
    (out / "data" / "train-extra.parquet").write_bytes(b"")
    assert verify(out).problems == ("data/train-extra.parquet: not named in manifest.json",)


@pytest.mark.parametrize("count", ["read", "kept", "quarantined"])
def test_counts_that_do_not_balance_are_a_problem(out: Path, count: str) -> None:
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["counts"][count] += 1
    (out / "manifest.json").write_text(json.dumps(manifest))
    assert any("does not hold" in problem for problem in verify(out).problems)


def test_a_path_out_of_the_folder_is_not_followed(out: Path) -> None:
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["files"][0]["path"] = "../../etc/passwd"
    (out / "manifest.json").write_text(json.dumps(manifest))
    assert any("outside the output folder" in problem for problem in verify(out).problems)


def test_an_unfinished_folder_is_told_from_a_finished_one(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="run the same build again"):
        verify(tmp_path)
    for broken in ("{}", "", "[1]", "not JSON"):
        (tmp_path / "manifest.json").write_text(broken)
        cannot = r"cannot be read as a manifest.* force=True"
        with pytest.raises(IntegrityError, match=cannot) as said:
            verify(tmp_path)
        assert "pydantic" not in str(said.value)


def test_a_dropped_row_is_explained_with_its_text_and_the_other_row(out: Path) -> None:
    found = explain(out, reason="duplicate-pair")
    assert found.matching == 1
    (copy,) = found.shown
    assert (copy.line["source_row"], copy.line["verdict"], copy.line["other"]) == (7, "drop", 5)
    assert copy.text is not None
    assert copy.text["chosen"][0]["content"] == pair(5)["chosen"]
    (compared,) = copy.compared
    assert compared.reasons == ("duplicate-pair",)
    assert compared.other.line["verdict"] == "keep"
    assert compared.other.text is not None
    assert compared.other.text["prompt"][0]["content"] == pair(5)["prompt"]
    assert [part.difference.is_same for part in compared.parts] == [True] * 3


def test_a_row_says_how_many_it_stands_for(out: Path) -> None:
    (row,) = explain(out, row=5).shown
    assert (row.stands_for, row.compared) == ({"duplicate-pair": 1}, ())


@pytest.mark.parametrize("row", [5, 6])
def test_any_member_finds_its_cluster(out: Path, row: int) -> None:
    found = explain_cluster(out, row)
    assert (found.representative.line["row"], found.matching) == (5, 1)
    assert found.reasons == {"duplicate-pair": 1}
    (member,) = found.shown
    assert (member.link, member.named, member.similarity) == ("duplicate-pair", 5, 1.0)
    assert member.compared.other.line["row"] == 6


@pytest.mark.parametrize(("row", "said"), [(0, "row 0 is in no cluster"), (99, "no row with")])
def test_a_row_without_a_cluster_is_told(out: Path, row: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        explain_cluster(out, row)


@pytest.mark.parametrize("policy", ["drop-all", "flag"])
@pytest.mark.parametrize("row", [1, 2, 3])
def test_opposite_labels_are_set_crosswise(
    write: Write, tmp_path: Path, policy: str, row: int
) -> None:
    one = pair(0)
    turned = one | {"chosen": one["rejected"], "rejected": one["chosen"]}
    config = config_of({"labels": {"conflict": policy}, "exact": {"identical": "flag"}})
    out = tmp_path / "conflict"
    build([write("b.jsonl", [pair(1), one, turned, turned])], out=out, config=config)
    found = explain_cluster(out, row)
    assert found.matching == 2
    others = [member.compared for member in found.shown]
    assert any(other.opposite for other in others)
    for other in others:
        assert other.crossed == other.opposite
        assert all(part.difference.is_same for part in other.parts)
    (asked,) = explain(out, row=row).shown
    assert "label-conflict" in {reason for c in asked.compared for reason in c.reasons}


def test_a_quarantined_row_is_explained_with_its_raw_text(out: Path) -> None:
    (row,) = explain(out, source="a.jsonl:5").shown
    assert (row.line["verdict"], row.line["reason"]) == ("quarantine", "invalid-json")
    assert row.text is not None
    assert row.text["raw"] == "{broken"


def test_rows_are_found_by_number_and_by_flag(out: Path) -> None:
    (row,) = explain(out, row=0).shown
    assert (row.line["verdict"], row.line["flags"]) == ("keep", [])
    assert {r.line["row"] for r in explain(out, reason="shared-prompt").shown} == {7, 8}
    assert explain(out, reason="shared-prompt", limit=1).matching == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "say which rows"),
        ({"row": 1, "reason": "tie"}, "say which rows"),
        ({"row": 99}, "no row with number 99"),
        ({"source": "a.jsonl"}, "FILE:LINE"),
        ({"reason": "tie"}, "Reasons in this folder: .*identical-sides"),
    ],
)
def test_a_question_without_an_answer_says_what_can_be_asked(
    out: Path, asked: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        explain(out, **asked)  # type: ignore[arg-type]
