from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prefdata.config.model import AgainstConfig, ReadConfig
from prefdata.config.section import KIB
from prefdata.errors import SourceError
from prefdata.io.sources.evaluation import EvaluationSet, read_evaluation


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lines(*rows: object) -> str:
    return "".join(f"{r if isinstance(r, str) else json.dumps(r)}\n" for r in rows)


def read(*files: str, field: str | None = None, config: ReadConfig | None = None) -> EvaluationSet:
    against = AgainstConfig(files=files, field=field)
    return read_evaluation(against, config or ReadConfig(), Path("spool"))


def prompts(evaluation: EvaluationSet) -> list[tuple[str, str]]:
    return [(evaluation.place(n), text) for n, text in enumerate(evaluation.texts)]


MESSAGES = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Hi"},
    {"role": "user", "content": "Bye"},
]
SHAREGPT = [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Hi"}]


@pytest.mark.parametrize(
    ("row", "field", "turns"),
    [
        ({"id": "1", "prompt": "Why?"}, "prompt", ["Why?"]),
        ({"Question": "Why?", "choices": ["a"]}, "Question", ["Why?"]),
        ({"text": "Why?", "problem": "How?"}, "problem", ["How?"]),
        ({"prompt": None, "query": "Why?"}, "query", ["Why?"]),
        ({"instruction": "Add.", "input": "1 2"}, "instruction + input", ["Add.\n1 2"]),
        ({"instruction": "Add.", "input": ""}, "instruction + input", ["Add."]),
        ({"input": "Why?", "target": "x"}, "input", ["Why?"]),
        ({"prompt": MESSAGES}, "prompt", ["Hello", "Bye"]),
        ({"prompt": json.dumps(MESSAGES)}, "prompt", ["Hello", "Bye"]),
        ({"messages": MESSAGES, "n": 3}, "messages", ["Hello", "Bye"]),
        ({"conversations": SHAREGPT}, "conversations", ["Hello"]),
        ({"turns": ["Hello", "Bye"]}, "turns", ["Hello", "Bye"]),
        ({"turns": [{"content": "Hello"}]}, "turns", ["Hello"]),
        ({"prompt": [{"role": "system", "content": "Why?"}]}, "prompt", ["Why?"]),
        ({"prompt": "\n\nHuman: Hello\n\nAssistant:"}, "prompt", ["Hello"]),
        (
            {
                "chosen": "\n\nHuman: Hello\n\nAssistant: Yes",
                "rejected": "\n\nHuman: Hello\n\nAssistant: No",
            },
            "the prompt of dialect hh",
            ["Hello"],
        ),
    ],
)
def test_where_the_prompt_stands(row: dict[str, object], field: str, turns: list[str]) -> None:
    Path("e.jsonl").write_text(lines(row))
    found = read("e.jsonl")
    assert found.files[0].field == field
    assert prompts(found) == [("e.jsonl:1", turn) for turn in turns]
    assert found.follows.tolist() == [number > 0 for number in range(len(turns))]


def test_a_field_that_is_named_is_the_one_read() -> None:
    Path("e.jsonl").write_text(lines({"prompt": "Why?", "Full Task": "How?"}))
    assert read("e.jsonl", field="full_task").texts == ("How?",)
    with pytest.raises(SourceError, match=r"no row .* a field 'task'.*'prompt', 'Full Task'"):
        read("e.jsonl", field="task")


def test_every_container_with_its_row_numbers(tmp_path: Path) -> None:
    rows = [{"question": "Eins?"}, {"question": "二？"}]
    Path("d").mkdir()
    Path("d/a.json").write_text(json.dumps(rows))
    Path("d/b.csv").write_text("id,question\n1,Eins?\n2,二？\n")
    Path("d/c.tsv").write_text("id\tquestion\n1\tEins?\n2\t二？\n")
    pq.write_table(pa.Table.from_pylist(rows), "d/d.parquet")
    with pa.ipc.new_file("d/e.arrow", pa.schema([("question", pa.string())])) as sink:
        sink.write_table(pa.Table.from_pylist(rows))
    with gzip.open("f.jsonl.gz", "wt") as file:
        file.write("\n" + lines(*rows))
    Path("g.txt").write_text("Eins?\n\n  二？ \n")
    found = read("d", "f.jsonl*", f"file://{tmp_path}/g.txt")
    assert found.texts == ("Eins?", "二？") * 7
    numbers = {file.name: [] for file in found.files}
    for prompt, file in enumerate(found.file):
        numbers[found.files[file].name].append(int(found.row[prompt]))
    assert list(numbers.values()) == [[1, 2], [2, 3], [2, 3], [1, 2], [1, 2], [2, 3], [1, 3]]
    assert found.remarks() == []


@pytest.mark.parametrize(
    "text", ["What is this, and why?\nWhat is that, and how?\n", "One;two\nOne;three\n", "Only one"]
)
def test_plain_text_is_no_csv(text: str) -> None:
    Path("e.txt").write_text(text)
    assert read("e.txt").texts == tuple(text.strip().split("\n"))
    Path("e.txt").write_text(lines({"prompt": "Why?"}))
    assert read("e.txt").texts == ("Why?",)


def test_rows_are_numbered_across_segments() -> None:
    rows = [{"prompt": f"{number} {'x' * 1000}"} for number in range(200)]
    Path("e.jsonl").write_text(lines(*rows))
    found = read("e.jsonl", config=ReadConfig(segment_bytes=64 * KIB, block_bytes=16 * KIB))
    assert found.row.tolist() == list(range(1, 201))
    assert [int(text.split()[0]) for text in found.texts] == list(range(200))


def test_rows_that_are_not_compared_are_told() -> None:
    rows = [{"prompt": "Why?"}, "{broken", {"prompt": " "}, {"other": 1}, {"prompt": 7}]
    Path("e.jsonl").write_text(lines(*rows, r'{"prompt": "\ud83d"}'))
    found = read("e.jsonl")
    assert found.texts == ("Why?",)
    without, unreadable = found.remarks()
    assert without == "e.jsonl: 2 of 6 rows have no prompt in prompt"
    assert unreadable.startswith("e.jsonl: 3 of 6 rows could not be read, the first at e.jsonl:2: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is empty"),
        (lines("{broken", "{broken"), "e.jsonl:1: "),
        (
            lines({"answer": "x", "label": 1}),
            r"looked for prompt.*'answer', 'label'.*against-field",
        ),
        (lines({"prompt": ""}, {"prompt": None}), "no prompt is found"),
    ],
)
def test_a_file_without_any_prompt_is_an_error(content: str, said: str) -> None:
    Path("e.jsonl").write_text(content)
    with pytest.raises(SourceError, match=rf"e\.jsonl: .*{said}"):
        read("e.jsonl")


def test_the_fingerprint_follows_the_content_and_the_field() -> None:
    def written(*rows: object) -> str:
        Path("e.jsonl").write_text(lines(*rows))
        return read("e.jsonl").fingerprint

    first = written({"prompt": "Why?", "task": "How?"})
    assert written({"prompt": "Why?", "task": "How?"}) == first
    assert read("e.jsonl", field="task").fingerprint != first
    assert written({"prompt": "Why?", "task": "Who?"}) != first
