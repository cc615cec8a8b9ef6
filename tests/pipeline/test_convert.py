"""Records into every container and format, and back again through the readers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.config.model import BuildConfig, ReadConfig, ShardsConfig
from prefdata.config.section import KIB, RecordFormat
from prefdata.errors import OutputError, SourceError, UsageError
from prefdata.pipeline import convert as convert_module
from prefdata.pipeline.convert import convert
from prefdata.pipeline.run.reading import find, readings
from prefdata.records.columns import records_of
from prefdata.records.record import Record
from prefdata.results.conversion import Target
from prefdata.steps.convert.preflight import format_preflight
from prefdata.steps.read.entries import Piece
from prefdata.steps.read.records_or_quarantine import pieces
from prefdata.transforms.convert.exports import EXPORTS

FORMATS: tuple[RecordFormat, ...] = tuple(
    to
    for to in get_args(RecordFormat)
    if to not in EXPORTS  # those: test_exports
)
TARGETS: tuple[Target, ...] = get_args(Target)
READ_AS = {"implicit": "implicit", "llamafactory": "sharegpt"}
CLEAN = sorted((Path(__file__).parents[2] / "sample_data" / "clean").iterdir())
ROW = {"prompt": "天空？", "chosen": "蓝\n色", "rejected": "NA"}
MULTI_TURN = {
    "prompt": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "And?"},
    ],
    "chosen": "yes",
    "rejected": "no",
}

TEXT = st.text("ab 中。😀\n\"',;\\{[é\x00\u2028\r", max_size=6) | st.sampled_from(
    ["null", "NA", "[1]"]
)
SAID = TEXT.map(lambda text: "w" + text)
MARGIN = st.none() | st.sampled_from([0.5, 2.0])
EXTRA = st.fixed_dictionaries({}, optional={"id": st.integers(), "tags": st.lists(TEXT)})
Q = st.builds(lambda text: {"role": "user", "content": text}, SAID)
A = st.builds(lambda text: {"role": "assistant", "content": text}, SAID)
TURN = st.builds(lambda text: {"from": "gpt", "value": text}, SAID)
TALK = st.lists(st.tuples(Q, A), max_size=2).flatmap(
    lambda turns: Q.map(lambda last: [m for turn in turns for m in turn] + [last])
)


def row(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    made = st.fixed_dictionaries(fields)
    return st.builds(lambda row, extra: {**extra, **row}, made, EXTRA)


def whole(talk: list[Any], last: Any) -> list[Any]:
    return [*talk, last]


def transcript(talk: list[dict[str, str]]) -> str:
    names = {"user": "Human", "assistant": "Assistant"}
    return "".join(f"\n\n{names[m['role']]}: {m['content']}" for m in talk)


def both(
    write: Callable[[list[Any]], Any], names: tuple[str, str]
) -> st.SearchStrategy[dict[str, Any]]:
    sides = st.tuples(TALK, A, A)
    return sides.map(lambda s: {names[0]: write([*s[0], s[1]]), names[1]: write([*s[0], s[2]])})


JUDGED = {"prompt": SAID, "answer_a": SAID, "answer_b": SAID}
ROWS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "pairs": row(prompt=SAID | TALK, chosen=SAID | A, rejected=SAID | st.tuples(A), margin=MARGIN),
    "implicit": both(list, ("chosen", "rejected")),
    "hh": both(transcript, ("chosen", "rejected")),
    "sharegpt": row(conversations=TALK, chosen=TURN, rejected=SAID | A, system=SAID),
    "swift": st.tuples(TALK, A, SAID).map(
        lambda s: {"messages": [*s[0], s[1]], "rejected_response": s[2]}
    ),
    "alpaca-eval": row(
        instruction=SAID,
        output_1=SAID,
        output_2=SAID,
        preference=st.sampled_from([1, 1.25, 1.5, 2]),
    ),
    "judge-named": row(**JUDGED, label=st.sampled_from(["A", "b", "tie"])),
    "judge-zero-based": row(**JUDGED, label=st.sampled_from([0, 1, 2])),
    "judge-one-based": row(**JUDGED, label=st.sampled_from(["0", "1", "2"])),
    "arena": st.tuples(SAID, SAID, SAID, st.integers(0, 2)).map(
        lambda s: {
            "prompt": s[0],
            "response_a": s[1],
            "response_b": s[2],
            "winner_model_a": s[3] == 0,
            "winner_model_b": s[3] == 1,
            "winner_tie": s[3] == 2,
        }
    ),
    "arena-conversations": st.builds(
        lambda sides, winner: {**sides, "winner": winner},
        both(list, ("conversation_a", "conversation_b")),
        st.sampled_from(["model_a", "model_b", "tie"]),
    ),
}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path, dialect: str | None = None) -> Iterator[Piece]:
    config = ReadConfig(dialect=dialect)
    for reading in readings(find([str(path)], config, path.parent / "spool")[0], config):
        yield from pieces(reading.segment, reading.match, reading.config)


def records(path: Path, dialect: str | None = None) -> list[Record]:
    found = list(read(path, dialect))
    assert not any(piece.quarantined for piece in found)
    return [record for piece in found for record in records_of(piece.batch)]


def held(path: Path, to: RecordFormat, dialect: str | None = None) -> list[Record]:
    batches = [format_preflight(piece.batch, to)[0] for piece in read(path, dialect)]
    return [record for batch in batches for record in records_of(batch)]


def pairs(records: list[Record]) -> list[Record]:
    return [Record(r.prompt, r.chosen, r.rejected, r.margin) for r in records]


def settled(dialect: str | None) -> BuildConfig:
    return BuildConfig(read=ReadConfig(dialect=dialect))


@pytest.mark.parametrize("dialect", ROWS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_what_a_format_can_hold_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, dialect: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("round")
    source = write_rows(
        folder / "in.jsonl", data.draw(st.lists(ROWS[dialect], min_size=1, max_size=4))
    )
    for to in FORMATS:
        out = folder / f"{to}.jsonl"
        result = convert(
            [source], out=out, to="jsonl", record_format=to, config=settled(dialect),
            drop_unholdable=True,
        )  # fmt: skip
        wanted = held(source, to, dialect)
        assert result.written == len(wanted)
        assert result.read == result.written + sum(each.rows for each in result.left_out)
        assert pairs(records(out, READ_AS.get(to, "pairs"))) == pairs(wanted)


@settings(max_examples=20, deadline=None)
@given(texts=st.lists(st.tuples(SAID | TEXT, TEXT, TEXT), min_size=1, max_size=4))
def test_questions_survive_a_csv_to_the_letter(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    rows = [dict(zip(("question", "chosen", "rejected"), row, strict=True)) for row in texts]
    source = write_rows(folder / "in.jsonl", rows)
    out, again = folder / "out.csv", folder / "again.jsonl"
    convert([source], out=out, to="csv", record_format="question", config=settled("pairs"))
    convert([out], out=again, to="jsonl", record_format="question", config=settled("pairs"))
    assert [json.loads(line) for line in again.read_bytes().splitlines()] == rows


@pytest.mark.parametrize("source", CLEAN, ids=lambda path: path.name)
def test_every_container_holds_the_sample_data(tmp_path: Path, source: Path) -> None:
    wanted = pairs(records(source))
    for to in TARGETS:
        out = tmp_path / f"{to}.out"
        result = convert([source], out=out, to=to, record_format="conversational")
        assert (result.read, result.written, result.refused) == (len(wanted), len(wanted), False)
        found = pairs(records(out))
        if result.remarks:  # a column of margins with gaps is no column for a trainer
            found = [Record(r.prompt, r.chosen, r.rejected) for r in found]
            wanted_here = [Record(r.prompt, r.chosen, r.rejected) for r in wanted]
            assert found == wanted_here
        else:
            assert found == wanted


def test_extra_columns_come_through_json_and_through_any_container_between(tmp_path: Path) -> None:
    extra = {
        "margin": 1.0,
        "id": 12345678901234567890,
        "tags": ["a", None],
        "score": 1.5,
        "metadata": {"k": 1},
    }
    rows = [{**ROW, **extra}, {**ROW, "chosen_score": 2, "rejected_score": 1}]
    source = write_rows(tmp_path / "in.jsonl", rows)
    for to in TARGETS:
        between, out = tmp_path / f"b-{to}", tmp_path / f"{to}.jsonl"
        convert([source], out=between, to=to, record_format="standard")
        convert([between], out=out, to="jsonl", record_format="standard")
        first, second = map(json.loads, out.read_text().splitlines())
        assert first == rows[0]
        assert {name: second[name] for name in rows[1]} == rows[1]


def test_a_field_that_would_change_the_pair_is_kept_out_of_its_way(tmp_path: Path) -> None:
    row = {"chosen": "Q: x A: 1", "rejected": "Q: x A: 2", "system": "Be brief", "id": 7}
    source, out = write_rows(tmp_path / "in.jsonl", [row]), tmp_path / "out.jsonl"
    convert([source], out=out, to="jsonl", record_format="standard")
    assert pairs(records(out)) == pairs(records(source))
    written = json.loads(out.read_text())
    assert written["id"] == 7 and written["metadata"] == {"system": "Be brief"}


def test_what_cannot_be_held_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", [ROW, MULTI_TURN, {"prompt": "p", "chosen": 1}, ROW])
    out = tmp_path / "new" / "out.jsonl"
    result = convert([source], out=out, to="jsonl", record_format="standard")
    assert result.refused and (result.read, result.written, result.files) == (4, 0, ())
    reasons = {each.reason: each.examples[0] for each in result.left_out}
    assert reasons["unholdable"].row == 2 and "3 messages" in reasons["unholdable"].why
    assert reasons["wrong-type"].row == 3 and reasons["wrong-type"].source == "in.jsonl"
    assert not out.parent.exists()


def test_rows_left_out_on_request_are_listed_in_full(tmp_path: Path) -> None:
    bad = b'{"prompt": "p\xff", "chosen": "a", "rejected": "b"}'
    source = write_rows(tmp_path / "in.jsonl", [ROW, MULTI_TURN, {"prompt": "p", "chosen": 1}])
    source.write_bytes(source.read_bytes() + bad + b"\n" + json.dumps(ROW).encode())
    out = tmp_path / "out"
    result = convert([source], out=out, to="arrow", record_format="question", drop_unholdable=True)
    assert (result.read, result.written) == (5, 2)
    assert [file.path for file in result.files][-1] == "out.dropped.jsonl"
    left_out = tmp_path / "out.dropped.jsonl"
    notes = [json.loads(line) for line in left_out.read_bytes().splitlines()]
    assert [note["source_row"] for note in notes] == [2, 3, 4]
    assert [note["reason"] for note in notes] == ["unholdable", "wrong-type", "invalid-utf8"]
    assert notes[0]["record"]["prompt"] == MULTI_TURN["prompt"]
    assert json.loads(notes[1]["raw"]) == {"prompt": "p", "chosen": 1}
    assert "raw_base64" in notes[2]
    again = convert([source.with_name("out")], out=tmp_path / "o.jsonl", to="jsonl")
    assert again.written == 2


@pytest.mark.parametrize("to", TARGETS)
def test_the_same_rows_make_the_same_bytes(tmp_path: Path, to: Target) -> None:
    rows = [{**ROW, "id": number, "margin": number / 7} for number in range(50)]
    source = write_rows(tmp_path / "in.jsonl", rows)
    small = BuildConfig(
        read=ReadConfig(segment_bytes=64 * KIB, block_bytes=16 * KIB),
        shards=ShardsConfig(max_bytes=4 * KIB),
    )
    results = [
        convert([source], out=tmp_path / str(n), to=to, config=small, workers=n) for n in (1, 2)
    ]
    digests = [[(file.sha256, file.rows) for file in result.files] for result in results]
    assert digests[0] == digests[1]
    assert results[0].written == 50


def test_loaders_open_what_is_written(tmp_path: Path) -> None:
    import datasets

    rows = [{**ROW, "margin": number} for number in range(30)]
    source = write_rows(tmp_path / "in.jsonl", rows)
    small = BuildConfig(shards=ShardsConfig(max_bytes=1 * KIB))
    for to in ("arrow", "parquet"):
        convert(
            [source], out=tmp_path / to, to=to, record_format="standard", config=small,
            provenance=True,
        )  # fmt: skip
    assert len(list((tmp_path / "arrow" / "train").glob("*.arrow"))) > 1
    on_disk = datasets.load_from_disk(str(tmp_path / "arrow"))
    loaded = datasets.load_dataset(str(tmp_path / "parquet"), cache_dir=str(tmp_path / "cache"))
    for found in (on_disk, loaded):
        assert list(found) == ["train"]
        assert found["train"]["margin"] == [float(number) for number in range(30)]
        assert found["train"]["source_row"] == list(range(1, 31))
    convert([source], out=tmp_path / "one.parquet", to="parquet")
    assert (tmp_path / "one.parquet").is_file()


def test_margins_with_gaps_stay_a_field_of_text_files_and_leave_the_columns_of_others(
    tmp_path: Path,
) -> None:
    source = write_rows(tmp_path / "in.jsonl", [ROW, {**ROW, "margin": 2}])
    for to in ("jsonl", "csv"):
        result = convert([source], out=tmp_path / to, to=to, record_format="question")
        assert result.remarks == () and [r.margin for r in records(tmp_path / to)] == [None, 2.0]
    result = convert([source], out=tmp_path / "p.parquet", to="parquet")
    assert "1 of 2 records" in result.remarks[0]
    assert [json.loads(r.metadata) for r in records(tmp_path / "p.parquet")] == [
        {"metadata": "{}"},
        {"metadata": '{"margin":2.0}'},
    ]


def test_a_value_that_is_read_over_is_told_of(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", [ROW])
    source.write_text(source.read_text().replace("{", '{"chosen": "first", ', 1))
    result = convert([source], out=tmp_path / "o.csv", to="csv")
    assert result.remarks == ("1 rows name a field more than once; the last value counts.",)


def test_nothing_is_overwritten_without_force_and_nothing_foreign_with_it(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", [ROW])
    out, folder = tmp_path / "out.jsonl", tmp_path / "folder"
    for place, to in ((out, "jsonl"), (folder, "arrow")):
        convert([source], out=place, to=to)
        with pytest.raises(OutputError, match="force=True"):
            convert([source], out=place, to=to)
        convert([source], out=place, to=to, force=True)
    for place, to in ((out, "arrow"), (folder, "csv")):
        with pytest.raises(OutputError, match="exists and is not"):
            convert([source], out=place, to=to, force=True)
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"thesis\.txt"):
        convert([source], out=folder, to="arrow", force=True)
    assert (folder / "thesis.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "in.jsonl", "out.jsonl"]


def test_a_source_is_never_the_output(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", [ROW])
    with pytest.raises(OutputError, match="which is read"):
        convert([tmp_path], out=source, to="jsonl", force=True)
    with pytest.raises(UsageError):
        convert([source], out="-", to="jsonl")


@pytest.mark.parametrize("to", ["jsonl", "arrow"])
def test_a_source_that_changes_meanwhile_leaves_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: Target
) -> None:
    source = write_rows(tmp_path / "in.jsonl", [ROW])
    preflight = convert_module.preflight

    def and_change(*arguments: Any) -> Any:
        seen = list(preflight(*arguments))
        write_rows(source, [ROW, {"prompt": "p", "chosen": 1}])
        return seen

    monkeypatch.setattr(convert_module, "preflight", and_change)
    with pytest.raises(SourceError, match="changed"):
        convert([source], out=tmp_path / "out", to=to)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_no_rows_are_converted_to_no_rows(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("\n")
    for to in TARGETS:
        result = convert([tmp_path / "in.jsonl"], out=tmp_path / f"o.{to}", to=to)
        assert (result.read, result.written, result.files[0].rows) == (0, 0, 0)
