"""No edit of an output folder passes: flipped bits, edited manifests, what else lies in it."""

from __future__ import annotations

import copy
import csv
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from judged_pairs import TURNED, pairs, quick
from vouched import manifest_of, write_vouched

from prefdata.errors import IntegrityError
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.card import card as write_card
from prefdata.pipeline.verify import verify

BITS, EDITS = 1_000, 200


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An output with every part: data, ledger, dropped rows, quarantine, report, review."""
    root = tmp_path_factory.mktemp("built")
    rows: list[Any] = ["{broken", *pairs(60, TURNED)]
    rows.append(rows[5])
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (root / "raw.jsonl").write_text("\n".join(lines))
    sheet = root / "review.csv"
    sheet.write_text(f"source,source_row,decision\n{root / 'raw.jsonl'},9,drop\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFDATA_CACHE", str(root / "cache"))
        config = quick(
            run=True, action="flag", views=["controls"], review={"decisions": str(sheet)}
        )
        build([root / "raw.jsonl"], out=root / "out", config=config, workers=1)
    yield root / "out"


@pytest.fixture
def out(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "out"))


def is_found(out: Path) -> bool:
    try:
        return bool(verify(out).problems)
    except IntegrityError:
        return True


def test_the_output_has_every_part_and_is_sound(built: Path) -> None:
    parts = {path.name for path in built.iterdir()}
    assert {"data", "ledger", "dropped", "quarantine", "report", "review"} < parts
    assert verify(built).problems == verify(built).remarks == ()


@pytest.mark.slow
def test_every_flipped_bit_is_found(out: Path) -> None:
    """Of each file as many: pytest -m slow tests/pipeline/test_verify_edits.py"""
    draw = random.Random(16)
    files = sorted(path for path in out.rglob("*") if path.is_file())
    for number in range(BITS):
        path = files[number % len(files)]
        before = path.read_bytes()
        place, bit = draw.randrange(len(before)), draw.randrange(8)
        changed = bytearray(before)
        changed[place] ^= 1 << bit
        path.write_bytes(changed)
        assert is_found(out), f"bit {bit} of byte {place} of {path.relative_to(out)}"
        path.write_bytes(before)
    assert verify(out).problems == ()


Edit = Callable[[random.Random, Any], Any]


def numbers(draw: random.Random, manifest: Any) -> Any:
    """Another number somewhere: a count, bytes, rows."""
    holder, key = draw.choice([at for at in places(manifest) if type(at[0][at[1]]) is int])
    holder[key] += draw.choice([-1, 1, 1000])
    return manifest


def swapped(draw: random.Random, manifest: Any) -> Any:
    one, other = draw.sample(range(len(manifest["files"])), 2)
    files = manifest["files"]
    files[one], files[other] = files[other], files[one]
    return manifest


def removed(draw: random.Random, manifest: Any) -> Any:
    holder, key = draw.choice(list(places(manifest)))
    del holder[key]
    return manifest


def doubled(draw: random.Random, manifest: Any) -> Any:
    manifest["files"].append(draw.choice(manifest["files"]))
    return manifest


def added(draw: random.Random, manifest: Any) -> Any:
    holders = [holder for holder, _ in places(manifest) if isinstance(holder, dict)]
    draw.choice(holders)[draw.choice(["note", "extra", "reviewed"])] = None
    return manifest


def renamed(draw: random.Random, manifest: Any) -> Any:
    holder, key = draw.choice([at for at in places(manifest) if isinstance(at[0], dict)])
    holder[f"{key}_"] = holder.pop(key)
    return manifest


def cased(draw: random.Random, manifest: Any) -> Any:
    texts = [at for at in places(manifest) if str(at[0][at[1]]).swapcase() != at[0][at[1]]]
    holder, key = draw.choice([at for at in texts if isinstance(at[0][at[1]], str)])
    holder[key] = holder[key].swapcase()
    return manifest


def spaced(draw: random.Random, text: str) -> str:
    place = draw.choice([at for at, char in enumerate(text) if char in " \n"])
    return text[:place] + draw.choice([" ", "\n", "\t", "\r\n"]) + text[place:]


def compacted(draw: random.Random, text: str) -> str:
    return json.dumps(json.loads(text), indent=draw.choice([None, 1, 3, 4]))


def repeated_key(draw: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    place = draw.choice(
        [n for n, line in enumerate(lines) if line.endswith(",\n") and ": " in line]
    )
    return "".join([*lines[:place], lines[place], *lines[place:]])


TREES: list[Edit] = [numbers, swapped, removed, doubled, added, renamed, cased]
TEXTS: list[Edit] = [spaced, compacted, repeated_key]


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every value of a tree, as (its holder, its key)."""
    for key, value in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
        yield tree, key
        if isinstance(value, dict | list):
            yield from places(value)


@pytest.mark.slow
def test_every_edit_of_a_manifest_is_found(out: Path) -> None:
    """pytest -m slow tests/pipeline/test_verify_edits.py"""
    draw, path = random.Random(16), out / "manifest.json"
    text = path.read_text()
    for number in range(EDITS):
        edit = (TREES + TEXTS)[number % len(TREES + TEXTS)]
        if edit in TEXTS:
            after = edit(draw, text)
        else:
            after = json.dumps(edit(draw, json.loads(text)), ensure_ascii=False, indent=2) + "\n"
        assert after != text
        path.write_text(after)
        assert is_found(out), edit.__name__
    path.write_text(text)
    assert verify(out).problems == ()


@pytest.mark.parametrize("edit", [*TREES, *TEXTS], ids=lambda edit: edit.__name__)
def test_an_edit_of_a_manifest_is_found(out: Path, edit: Edit) -> None:
    path, draw = out / "manifest.json", random.Random(1)
    text = path.read_text()
    if edit in TEXTS:
        path.write_text(edit(draw, text))
    else:
        path.write_text(json.dumps(edit(draw, json.loads(text)), indent=2))
    assert is_found(out)


@pytest.mark.parametrize("edit", [doubled, repeated_key], ids=lambda edit: edit.__name__)
def test_what_a_manifest_says_twice_is_found_though_its_checksum_agrees(
    out: Path, edit: Edit
) -> None:
    text, draw = (out / "manifest.json").read_text(), random.Random(1)
    after = edit(draw, text) if edit in TEXTS else json.dumps(edit(draw, json.loads(text)))
    write_vouched(out, after)
    (problem,) = [said for said in verify(out).problems if "times" in said or "twice" in said]
    assert problem.startswith("manifest.json: ")


def link_inside(out: Path) -> None:
    shard = next((out / "data").rglob("*.arrow"))
    shard.rename(out / "ledger" / "shard")
    shard.symlink_to(out / "ledger" / "shard")


LIES: dict[str, tuple[Callable[[Path], object], str]] = {
    "an empty folder": (lambda out: (out / "data/extra").mkdir(), "data/extra/: an empty folder"),
    "empty folders": (lambda out: (out / "a/b").mkdir(parents=True), "a/b/: an empty folder"),
    "a hidden file": (lambda out: (out / "data/.a").touch(), "data/.a: not named"),
    "a link": (lambda out: (out / "link").symlink_to("/etc/hostname"), "link: not named"),
    "a link to nothing": (lambda out: (out / "link").symlink_to("nothing"), "link: not named"),
    "a linked folder": (lambda out: (out / "link").symlink_to("data"), "link: not named"),
    "a file moved and linked": (link_inside, "a link to somewhere else"),
    "a linked manifest": (
        lambda out: (
            (out / "manifest.json").rename(out.parent / "m"),
            (out / "manifest.json").symlink_to(out.parent / "m"),
        ),
        "manifest.json: a link to somewhere else",
    ),
    "a pipe": (lambda out: os.mkfifo(out / "pipe"), "pipe: not named"),
    "no checksum": (
        lambda out: (out / "manifest.json.sha256").unlink(),
        "manifest.json.sha256: missing",
    ),
    "a checksum in capitals": (
        lambda out: (out / "manifest.json.sha256").write_text(
            (out / "manifest.json.sha256").read_text().upper()
        ),
        "manifest.json.sha256: not a checksum",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_lies_in_an_output_folder_is_what_its_manifest_says(out: Path, lie: str) -> None:
    change, said = LIES[lie]
    change(out)
    assert any(said in problem for problem in verify(out).problems), verify(out).problems


def test_an_output_of_a_version_without_checksums_is_sound_and_said_so(out: Path) -> None:
    older = {k: v for k, v in manifest_of(out).items() if k not in ("checksum", "sheets")}
    (out / "manifest.json").write_text(json.dumps(older))
    (out / "manifest.json.sha256").unlink()
    found = verify(out)
    assert found.problems == ()
    assert "an edit of it may not show" in found.remarks[0]
    write_card(out)
    assert verify(out).problems == verify(out).remarks == ()


def test_an_edit_is_not_vouched_for_by_a_command_that_writes_the_manifest(out: Path) -> None:
    edited = manifest_of(out)
    edited["versions"]["prefdata"] = "9"
    (out / "manifest.json").write_text(json.dumps(edited))
    for write in (lambda: write_card(out), lambda: audit([out])):
        with pytest.raises(IntegrityError, match="not the text that"):
            write()
    assert verify(out).problems


def test_a_manifest_is_replaced_without_a_moment_in_which_nothing_vouches_for_it(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefdata.pipeline.run import manifest as written

    write, left = written.write_text_atomic, 0

    def stopped(path: Path, text: str) -> Any:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        return write(path, text)

    before = copy.deepcopy(written.read_manifest(out))
    for stop in range(3):
        after = before.model_copy(update={"remarks": {"stop": str(stop)}})
        monkeypatch.setattr(written, "write_text_atomic", stopped)
        left = stop
        with pytest.raises(KeyboardInterrupt):
            written.write_manifest(out, after)
        monkeypatch.undo()
        assert verify(out).problems == ()
        written.write_manifest(out, after)
        assert verify(out).problems == ()
        assert len((out / "manifest.json.sha256").read_text().splitlines()) == 1


def answered(sheet: Path, answers: dict[int, tuple[str, str]], delimiter: str = ",") -> None:
    """Fills in rows of a sheet, and saves it as another program would."""
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))
    for row, (better, note) in answers.items():
        rows[row][:2] = [better, note]
    with sheet.open("w", encoding="utf-16" if delimiter == "\t" else "utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_sheet_may_be_filled_in_where_it_lies(out: Path, delimiter: str) -> None:
    answered(out / "report/review.csv", {0: ("A", ""), 3: ("平", "both, really")}, delimiter)
    assert verify(out).problems == ()
    text = (out / "report/review.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    lines[1]["better"] = "B"
    text = "\n".join(json.dumps(line) for line in reversed(lines))
    (out / "report/review.jsonl").write_text(text)
    assert verify(out).problems == ()


def test_numbers_and_dates_may_be_written_as_spreadsheets_write_them(tmp_path: Path) -> None:
    from prefdata.io.review.unanswered import unanswered_sha256

    sheet, saved = tmp_path / "one.csv", tmp_path / "two.csv"
    columns = "better,note,prompt,completion_a,completion_b,source,source_row,key\n"
    sheet.write_text(f"{columns},,Half of one?,1/2,3.10,a.jsonl,1000,row-a\n,,{9**30},TRUE,x,a,2,k")
    saved.write_text(
        f'{columns}A,,Half of one?,2-Jan,3.1,a.jsonl,"1,000",row-a\nB,,4.24E+28,True,x,a,2.0,k'
    )
    assert unanswered_sha256(sheet) == unanswered_sha256(saved)
    saved.write_text(saved.read_text().replace("Half", "half"))
    assert unanswered_sha256(sheet) != unanswered_sha256(saved)


def without_a_row(sheet: Path) -> None:
    lines = sheet.read_bytes().split(b"\r\n")
    sheet.write_bytes(b"\r\n".join(lines[:-2] + lines[-1:]))


def edited(sheet: Path) -> None:
    answered(sheet, {0: ("A", "")})
    sheet.write_bytes(sheet.read_bytes().replace(b"what about", b"what of", 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_a_row, "more was changed in it than people's columns"),
        (edited, "more was changed in it than people's columns"),
        (lambda sheet: answered(sheet, {0: ("perhaps", "")}), "'perhaps' is no decision"),
        (lambda sheet: answered(sheet, {}), "its bytes were changed, and it holds no answer"),
        (lambda sheet: answered(sheet, {0: ("", "a note")}), "it holds no answer"),
    ],
)
def test_more_than_answers_in_a_sheet_is_found(
    out: Path, change: Callable[[Path], None], said: str
) -> None:
    sheet = out / "report/review.csv"
    change(sheet)
    (problem,) = verify(out).problems
    assert problem.startswith("report/review.csv: ") and said in problem
