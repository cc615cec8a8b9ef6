"""The page on dialects, in both languages: each example is of its dialect, the right way round."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from chinese_names import PARTS, names
from datasets import load_from_disk

from prefdata import build
from prefdata.config.load import load_config
from prefdata.config.model import ReadConfig
from prefdata.config.pairs import PairsConfig
from prefdata.dialects import DIALECTS
from prefdata.dialects.convert import convert_row
from prefdata.dialects.detect import detect
from prefdata.dialects.dialect import Dialect
from prefdata.dialects.fields import plain
from prefdata.io.bytes.source import Segment
from prefdata.io.sources.find import find_sources
from prefdata.records.columns import records_of
from prefdata.records.record import text_of
from prefdata.steps.read.records_or_quarantine import pieces

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "dialects.md").read_text(encoding="utf-8")
CHINESE = (DOCS / "dialects.zh-CN.md").read_text(encoding="utf-8")
READ = [dialect for dialect in DIALECTS if dialect.refusal is None]
PAIRED = [dialect for dialect in READ if dialect.judge is None]
JUDGED = [dialect for dialect in READ if dialect.judge is not None]
CRITERIA = {"pku-saferlhf": "better"}
"""By which criterion examples are read, where the page says one."""
REFUSED = [dialect for dialect in DIALECTS if dialect.refusal is not None]


def section(name: str, page: str = PAGE) -> str:
    [text] = re.findall(rf"^### `{name}`\n(.*?)(?=^##)", page, flags=re.M | re.S)
    return str(text)


def examples(name: str, page: str = PAGE) -> list[dict[str, Any]]:
    [block] = re.findall(r"```json\n(.*?)```", section(name, page), flags=re.S)
    return [json.loads(line) for line in block.splitlines()]


@pytest.mark.parametrize("dialect", PAIRED, ids=lambda dialect: dialect.name)
def test_examples_are_of_their_dialect_and_paris_is_chosen(dialect: Dialect) -> None:
    for row in examples(dialect.name):
        match = detect(
            [row],
            place="the page",
            dialect=dialect.name if dialect.only_named else None,
            label="1=first,0=second,2=tie" if dialect.name == "judged" else None,
        )
        assert match.dialect == dialect.name
        record = convert_row(row, match)
        assert "Paris" in text_of(record.chosen)
        assert "Pluto" in text_of(record.rejected)


@pytest.mark.parametrize("dialect", JUDGED, ids=lambda dialect: dialect.name)
def test_judgements_make_pairs_in_which_paris_is_chosen(dialect: Dialect, tmp_path: Path) -> None:
    rows = examples(dialect.name)
    match = detect(rows, place="the page")
    assert match.dialect == dialect.name
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    [source] = find_sources([str(path)], spool=tmp_path, config=ReadConfig()).sources
    config = ReadConfig(pairs=PairsConfig(criterion=CRITERIA.get(dialect.name)))
    [piece] = pieces(Segment(source), match, config)
    assert (piece.read, piece.quarantined) == (len(rows), ())
    records = records_of(piece.batch)
    assert records
    for record in records:
        assert "Paris" in text_of(record.chosen)
        assert "Pluto" in text_of(record.rejected)


@pytest.mark.parametrize("dialect", READ, ids=lambda dialect: dialect.name)
def test_what_the_page_says_is_what_the_dialect_says(dialect: Dialect) -> None:
    said = section(dialect.name).replace("\\*", "*")
    assert f"\n{dialect.summary}\n\n*Polarity: {dialect.polarity}.*\n" in said


@pytest.mark.parametrize("dialect", REFUSED, ids=lambda dialect: dialect.name)
def test_refused_dialects_are_in_the_table(dialect: Dialect) -> None:
    assert f"| `{dialect.name}` | {dialect.summary} | {dialect.polarity} |" in PAGE


def facts(text: str) -> set[str]:
    """The names of fields and the numbers in a sentence of either language."""
    return set(re.findall(r"[a-zA-Z0-9]+_[a-zA-Z0-9_]*|\d+(?:\.\d+)?", text))


@pytest.mark.parametrize("dialect", READ, ids=lambda dialect: dialect.name)
def test_the_page_in_chinese_shows_the_same_rows_and_direction(dialect: Dialect) -> None:
    assert examples(dialect.name, CHINESE) == examples(dialect.name)
    said = section(dialect.name, CHINESE)
    [polarity] = re.findall(r"^\*偏好方向：(.*)。\*$", said, flags=re.M)
    assert facts(polarity) == facts(dialect.polarity)


@pytest.mark.parametrize("dialect", REFUSED, ids=lambda dialect: dialect.name)
def test_refused_dialects_are_in_the_table_in_chinese(dialect: Dialect) -> None:
    assert f"\n| `{dialect.name}` | " in CHINESE


@pytest.mark.parametrize("page", [PAGE, CHINESE], ids=["en", "zh"])
def test_files_of_different_shapes_are_read_by_one_config(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw").mkdir()
    rows = re.findall(r"^\| `(raw/\S+)` \| `(\{.*\})` \| `\w+` \|$", page, flags=re.M)
    for file, row in rows:
        Path(file).write_text(f"{row}\n", encoding="utf-8")
    [config] = re.findall(r"```yaml\n(sources: \[raw\].*?)```", page, flags=re.S)
    Path("mixed.yaml").write_text(config, encoding="utf-8")
    mixed = load_config("mixed.yaml")
    built = build(mixed.sources, config=mixed, out="out", workers=1)
    assert (built.counts.read, built.counts.kept) == (len(rows), 3)
    assert {source.dialect for source in built.sources} == {"pairs", "judged", "judge-one-based"}
    kept = [row for part in load_from_disk("out/data").values() for row in part]
    assert [row["chosen"][0]["content"] for row in kept] == ["Paris."] * 3


@pytest.mark.parametrize("part", PARTS)
def test_a_name_that_the_page_lists_is_read_in_its_part(part: str) -> None:
    known = [one for dialect in READ for one in dialect.parts if one.name == part]
    for name in names(part):
        assert f"`{name}`" in PAGE
        assert any(plain(name) in (*one.names, *one.fallbacks) for one in known)


def test_the_words_of_the_table_of_terms_are_known_columns() -> None:
    row = {"提示词": "法国的首都是哪里？", "优选回答": "Paris.", "劣选回答": "Pluto."}
    record = convert_row(row, detect([row], place="the page"))
    assert text_of(record.chosen) == "Paris."
