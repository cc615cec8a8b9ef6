"""Audits at the edges: folders with odd names, sheets that were read before."""

from __future__ import annotations

from pathlib import Path

import pytest
from judged_pairs import TURNED, pairs, quick
from sound_pairs import Write

from prefdata.errors import OutputError
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.verify import verify

HAND = "source,source_row,decision\nraw.jsonl,{},flip\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))


def test_a_folder_whose_name_looks_like_a_pattern(write: Write, tmp_path: Path) -> None:
    raw, out = write("raw.jsonl", pairs(60, TURNED)), tmp_path / "o[u]t *"
    manifest = build([raw], out=out, config=quick(run=True))
    assert audit([out], config=quick()).counts == manifest.counts
    assert not verify(out).problems


def test_decisions_that_were_kept_are_not_lost(write: Write, tmp_path: Path) -> None:
    raw, out, sheet = write("raw.jsonl", pairs(12)), tmp_path / "out", tmp_path / "sheet.csv"
    sheet.write_text(HAND.format(2))
    build([raw], out=out, config=quick())
    audit([out], config=quick(review={"decisions": str(sheet)}))
    with pytest.raises(OutputError, match=r"decisions\.csv was filled in"):
        audit([out], config=quick())
    more = tmp_path / "more.csv"
    more.write_text(sheet.read_text() + "raw.jsonl,3,keep\n")
    audit([out], config=quick(review={"decisions": str(more)}))  # says all that the other said
    assert (out / "report/decisions.csv").read_bytes() == more.read_bytes()
    with pytest.raises(OutputError, match=r"decisions\.csv was filled in"):
        build([raw], out=out, config=quick(), force=True)


def test_a_build_keeps_what_it_was_told(write: Write, tmp_path: Path) -> None:
    raw, out, sheet = write("raw.jsonl", pairs(12)), tmp_path / "out", tmp_path / "sheet.csv"
    sheet.write_text(HAND.format(2))
    told = quick(review={"decisions": str(sheet)})
    build([raw], out=out, config=told)
    with pytest.raises(OutputError, match=r"review/decisions\.csv was filled in"):
        build([raw], out=out, config=quick(), force=True)
    build([raw], out=out, config=told, force=True)
    assert (out / "review/decisions.csv").read_bytes() == sheet.read_bytes()


@pytest.mark.parametrize("name", ["out/data/..", "link", "out/."])
def test_an_output_by_another_name(name: str, write: Write, tmp_path: Path) -> None:
    raw, out = write("raw.jsonl", pairs(12)), tmp_path / "out"
    build([raw], out=out, config=quick())
    (tmp_path / "link").symlink_to(out)
    audit([f"{tmp_path}/{name}"], config=quick())
    assert not verify(out).problems
    assert (out / "report/report.json").is_file()
    assert (tmp_path / "link").is_symlink()


def test_an_audit_killed_while_it_publishes(write: Write, tmp_path: Path) -> None:
    raw, out = write("raw.jsonl", pairs(12)), tmp_path / "out"
    build([raw], out=out, config=quick())
    (tmp_path / ".out.prefdata").mkdir()
    out.rename(tmp_path / ".out.prefdata/replaced")
    audit([out], config=quick())
    assert not verify(out).problems
