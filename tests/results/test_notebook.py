"""What functions return is short in a terminal, and in a notebook the tables of the command."""

from __future__ import annotations

import inspect
import re
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import pytest
from nbclient import NotebookClient

import prefdata
from prefdata.cli.main import exit_code_of
from prefdata.cli.show.html import html_of
from prefdata.results.closed import Result

PAIRS = [
    {"prompt": f"What is {n} + 1? <script>x</script>", "chosen": f"{n + 1}.", "rejected": "No."}
    for n in range(12)
] + [{"prompt": "", "chosen": "a", "rejected": "b"}]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "out"
    prefdata.build(PAIRS, out=folder, config={"split": {"test": 0.0}})
    return folder


def results(out: Path) -> dict[str, Result]:
    return {
        "build": prefdata.read_manifest(out),
        "validate": prefdata.validate(PAIRS),
        "inspect": prefdata.inspect(PAIRS),
        "gate": prefdata.gate(out),
        "card": prefdata.card(out, dry_run=True),
        "convert": prefdata.convert(PAIRS, out=out.parent / "c.jsonl", to="jsonl", force=True),
    }


def test_what_functions_return_are_results() -> None:
    returned = {
        inspect.signature(getattr(prefdata, name)).return_annotation.removesuffix(" | None")
        for name in prefdata.__all__
        if inspect.isfunction(getattr(prefdata, name))
    }
    kinds = {name: getattr(prefdata, name) for name in returned}
    others = {name for name, kind in kinds.items() if not issubclass(kind, Result)}
    assert others == {"BuildConfig", "Explanations", "Verification"}


def test_a_result_is_a_line_in_a_terminal(out: Path) -> None:
    for result in results(out).values():
        assert "\n" not in repr(result)
        assert len(repr(result)) < 600
        assert str(result) == repr(result)
    told = repr(prefdata.read_manifest(out))
    assert told.startswith("Manifest(counts=Counts(read=13, kept=12, quarantined=0, dropped={")


def test_a_result_is_plain_values_and_a_frame(out: Path) -> None:
    for name, result in results(out).items():
        assert type(result).model_validate(result.to_dict()) == result
        frame = result.to_polars()
        assert isinstance(frame, pl.DataFrame)
        assert frame.height or name == "card"
    frame = prefdata.read_manifest(out).to_polars()
    assert frame.filter(verdict="drop").to_dicts() == [
        {"verdict": "drop", "reason": "empty-prompt", "rows": 1}
    ]
    assert prefdata.validate(PAIRS).to_polars()["code"].to_list() == ["empty-prompt"]


def plain(html: str) -> str:
    """The text of a page."""
    return unescape(re.sub(r"<[^>]*>", "", html))


def test_a_notebook_shows_what_the_command_prints_and_no_markup_of_the_data(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    file = tmp_path / "rows"
    pl.DataFrame(PAIRS).write_ndjson(file)
    for name in ("validate", "inspect"):
        assert exit_code_of([name, str(file)]) in (0, 1)
        printed = capsys.readouterr().out
        shown = html_of(getattr(prefdata, name)(file))
        assert shown is not None
        assert "<script>" not in shown
        assert [line.rstrip() for line in plain(shown).splitlines()] == [
            line.rstrip() for line in printed.splitlines()
        ]
    assert results(out)["card"]._repr_html_() is None
    assert capsys.readouterr().out == ""


CELLS = """
import asyncio, prefdata
pairs = [{"prompt": f"Q{n}", "chosen": f"Answer {n}", "rejected": f"B{n}"} for n in range(3000)]
manifest = prefdata.build(pairs, out="out", workers=2)
manifest
---
again = await asyncio.to_thread(prefdata.build, pairs, out="other", workers=2)
again == manifest
---
prefdata.validate(pairs)
---
try:
    prefdata.build(pairs, out="out")
except prefdata.OutputError as error:
    print(error)
---
votes = [
    {"prompt": f"Q{n} </script><b>", "response_a": f"yes {n}", "response_b": f"no {n}",
     "winner": "ab"[(n + (j == "bo" and n % 5 == 0)) % 2], "annotator": j}
    for n in range(20) for j in ("ann", "bo")
]
prefdata.agreement(votes).plot("judges", lang="zh")
"""


def test_it_works_in_a_real_kernel(tmp_path: Path) -> None:
    cells = [nbformat.v4.new_code_cell(cell.strip()) for cell in CELLS.split("---")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    context = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=300, resources=context).execute()
    first, second, third, fourth, fifth = (cell.outputs for cell in notebook.cells)

    def shown(outputs: list[Any]) -> Any:
        [output] = outputs
        return output["data"]

    assert shown(first)["text/plain"].startswith("Manifest(counts=Counts(read=3000")
    assert "3000" in plain(shown(first)["text/html"])
    assert shown(second)["text/plain"] == "True"
    assert "3,000 readable" in plain(shown(third)["text/html"])
    [said] = fourth
    assert "Pass force=True to replace it" in said["text"]
    assert shown(fifth)["text/plain"] == "Plot(charts=('judges',))"
    frame = shown(fifth)["text/html"]
    assert frame.startswith('<iframe sandbox="allow-scripts"')
    assert frame.count("<") == 2


def test_messages_speak_the_language_of_the_caller(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.jsonl"
    pl.DataFrame(PAIRS).write_ndjson(file)
    with pytest.raises(prefdata.OutputError) as refused:
        prefdata.build(file, out=out)
    assert "Pass force=True to replace it, or choose another out." in str(refused.value)
    assert exit_code_of(["build", str(file), "--out", str(out)]) == 1
    assert "Pass --force to replace it, or choose another --out." in capsys.readouterr().err
    assert "force=True" in str(refused.value)
    assert str(prefdata.UsageError("run `a --out b`, or name an --out-of x")) == (
        "run `a --out b`, or name an --out-of x"
    )
