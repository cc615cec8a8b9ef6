"""An output folder does not lie in its sources; --force deletes nothing that it does not name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prefdata.config.load import overridden
from prefdata.config.model import BuildConfig
from prefdata.errors import OutputError
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.convert import convert
from prefdata.pipeline.explain import explain

LINES = "".join(
    json.dumps(
        {"prompt": f"Name tree {n}.", "chosen": f"An oak {n}", "rejected": f"A lamp {n * 7}"}
    )
    + "\n"
    for n in range(30)
)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "a.jsonl").write_text(LINES)
    return folder


@pytest.mark.parametrize("out", ["raw/out", "raw", "link/out", "raw/deep/../out"])
def test_an_output_in_its_source_is_refused_before_anything_is_written(
    out: str, raw: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("raw")
    for source in (raw, tmp_path / "link", f"{raw}/**/*.jsonl"):
        with pytest.raises(OutputError, match=r"lies in|output folder"):
            build([source], out=tmp_path / out, force=True)
        with pytest.raises(OutputError):
            convert([source], out=tmp_path / out, to="arrow", force=True)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.jsonl", "link", "raw"]


def test_a_pattern_beside_the_output_is_fine(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(raw)
    assert build(["*.jsonl"], out="out").counts.read == 30


def test_a_source_in_the_output_is_refused(raw: Path, tmp_path: Path) -> None:
    build([raw], out=tmp_path / "out")
    for source in ("out", "out/data", "out/data/train/data-00000-of-00001.arrow"):
        with pytest.raises(OutputError, match="lies in the output folder"):
            build([tmp_path / source], out=tmp_path / "out", force=True)
    config = overridden(BuildConfig(), {"against.files": (str(tmp_path / "out/data"),)})
    with pytest.raises(OutputError, match="lies in the output folder"):
        build([raw], out=tmp_path / "out", config=config, force=True)


@pytest.mark.parametrize(
    "name", ["notes.txt", "decisions.csv", "data/more.txt", "model/config.json"]
)
def test_what_the_manifest_does_not_name_is_never_deleted(
    name: str, raw: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    build([raw], out=out)
    before = (out / "manifest.json").read_bytes()
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).write_text("mine")
    (raw / "b.jsonl").write_text(LINES.replace("tree", "bush"))
    for options in ({"force": True}, {"update": True}):
        with pytest.raises(OutputError, match=name):
            build([raw], out=out, **options)
    with pytest.raises(OutputError, match=name):
        audit([out], config=overridden(BuildConfig(), {"audit.views": ["controls"]}))
    assert ((out / name).read_text(), (out / "manifest.json").read_bytes()) == ("mine", before)
    (out / name).unlink()
    assert build([raw], out=out, force=True).counts.read == 60


def test_an_audit_in_a_folder_of_its_own_keeps_notes(raw: Path, tmp_path: Path) -> None:
    config = overridden(BuildConfig(), {"audit.views": ["controls"]})
    audit([raw], out=tmp_path / "audit", config=config)
    audit([raw], out=tmp_path / "audit", config=config, force=True)
    (tmp_path / "audit/notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"notes\.txt"):
        audit([raw], out=tmp_path / "audit", config=config, force=True)


def test_no_output_names_a_folder_of_the_machine(raw: Path, tmp_path: Path) -> None:
    (raw / "a.jsonl").write_text(LINES + "{broken\n" + LINES)
    (raw / "c.jsonl.part").write_text(LINES)
    config = overridden(
        BuildConfig(),
        {"audit.run": True, "audit.views": ["controls"], "sources": (str(raw),),
         "read.dialects": {f"{raw}/*.jsonl": "pairs"}, "near.keep": "source",
         "near.prefer": (f"{raw}/a.jsonl",)},
    )  # fmt: skip
    out = tmp_path / "out"
    manifest = build([], out=out, config=config)
    assert [source.name for source in manifest.sources] == ["a.jsonl"]
    assert [file.path for file in manifest.not_read] == ["c.jsonl.part"]
    for path in out.rglob("*"):
        assert path.is_dir() or str(tmp_path).encode() not in path.read_bytes()
    line = explain(out, source=f"{raw}/a.jsonl:2").shown[0].line
    assert (line["source"], line["source_row"]) == ("a.jsonl", 2)
