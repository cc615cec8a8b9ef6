"""What a build rests on, changed piece by piece under `update`: nothing may go unnoticed."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from scored_models import save_backbone, tokenizer
from sound_pairs import Write, pair
from vouched import manifest_of, write_vouched

from prefdata.config.load import config_of, overridden
from prefdata.config.model import BuildConfig
from prefdata.engines.local import LocalEngine
from prefdata.errors import OutputError, SourceError, UsageError
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.dedupe import dedupe
from prefdata.pipeline.embed_filter import embed_filter
from prefdata.pipeline.run import dependencies
from prefdata.pipeline.run.opened import open_sources
from prefdata.pipeline.run.output_run import Run
from prefdata.pipeline.run.reading import find
from prefdata.pipeline.stages.up_to_date import unchanged
from prefdata.results.manifest import Manifest
from prefdata.steps.read.check import loaded_tokenizer
from prefdata.steps.reward.tokenise import tokenizer_of
from prefdata.steps.semantic.open_encoder import encoder_of

ROOT = Path(__file__).parents[3]
SOURCES = ["a.jsonl", "more"]
SHEET = "source,source_row,decision,note\na.jsonl,3,drop,no\n"
CONFIG: dict[str, Any] = {
    "title": "Pairs",
    "check": {"tokenizer": "./tokenizer", "rules": {"refusal": "warning"}},
    "against": {"files": ["eval.jsonl", "evals"]},
    "encoder": {"name": "ngrams"},
    "semantic": {"like": {"drop": ["spam.jsonl"]}},
    "reward": {
        "backbone": {"name": "./backbone", "device": "cpu"},
        "filter": {"model": "judge", "action": "flag"},
    },
    "audit": {"review": {"decisions": "review.csv"}},
    "near": {"prefer": ["more/*"], "keep": "source"},
    "split": {"test": 0.3},
}


def rows(*numbers: int) -> str:
    return "".join(f"{json.dumps(pair(n), ensure_ascii=False)}\n" for n in numbers)


def prompts(*texts: str) -> str:
    return "".join(f"{json.dumps({'prompt': text})}\n" for text in texts)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that a build may rest on, and the build."""
    folder = tmp_path_factory.mktemp("made")
    before = Path.cwd()
    os.chdir(folder)
    try:
        for name in ("more", "evals"):
            Path(name).mkdir()
        Path("a.jsonl").write_text(rows(*range(12)))
        Path("more/b.jsonl").write_text(rows(*range(12, 20)))
        Path("eval.jsonl").write_text(prompts("What is the capital of Peru?"))
        Path("evals/e.jsonl").write_text(prompts("Name three rivers in Asia."))
        Path("spam.jsonl").write_text(prompts("Buy cheap watches now!"))
        Path("review.csv").write_text(SHEET)
        tokenizer().save_pretrained("tokenizer")
        save_backbone(Path("judge"), "Qwen3", seed=5)
        build(SOURCES, out="out", config=config_of(CONFIG), workers=1)
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it as the working directory."""
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))
    shutil.copytree(made, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture(autouse=True)
def as_new() -> None:
    """As in a new process: no tokenizer and no encoder is open."""
    forget()


def forget() -> None:
    for cached in (loaded_tokenizer, encoder_of, tokenizer_of):
        cached.cache_clear()


def stays(config: BuildConfig | None = None, sources: Sequence[str] = SOURCES) -> bool:
    config, place = config or config_of(CONFIG), Path(".out.prefdata")
    opened = open_sources(sources, config.read, place / "spool")
    run = Run(opened, place, LocalEngine(), config)
    return unchanged(Path("out"), run) is not None


def replaced(path: str, old: str, new: str) -> None:
    """The same size, and the same time: only who reads it can tell."""
    file, content = Path(path), Path(path).read_bytes()
    before = file.stat()
    assert old.encode() in content and len(old.encode()) == len(new.encode())
    file.write_bytes(content.replace(old.encode(), new.encode()))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def appended(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write(text)


def weights_turned(folder: str) -> None:
    file = Path(folder) / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 0x80
    file.write_bytes(bytes(content))


def states(folder: Path) -> dict[Path, tuple[int, int, int]]:
    found = {path: path.stat() for path in folder.rglob("*")}
    return {path: (s.st_ino, s.st_size, s.st_mtime_ns) for path, s in found.items()}


def in_manifest(change: Callable[[dict[str, Any]], object]) -> None:
    manifest = manifest_of(Path("out"))
    change(manifest)
    write_vouched(Path("out"), manifest)


def leaves(values: Any, *path: str) -> Iterator[tuple[str, ...]]:
    if isinstance(values, dict) and values:
        for name, value in values.items():
            yield from leaves(value, *path, name)
    else:
        yield path


def test_what_rests_on_the_same_stays(place: Path) -> None:
    before = states(Path("out"))
    for path in ("a.jsonl", "eval.jsonl", "review.csv", "judge/model.safetensors"):
        os.utime(path)
    manifest = build(SOURCES, out="out", config=config_of(CONFIG), workers=2, update=True)
    assert manifest == Manifest.model_validate_json(Path("out/manifest.json").read_bytes())
    assert states(Path("out")) == before
    assert not Path(".out.prefdata").exists()


CHANGES: dict[str, Callable[[], object]] = {
    "a source": lambda: replaced("a.jsonl", "Nobody", "Nobodi"),
    "a row more": lambda: appended("a.jsonl", rows(99)),
    "a source in a folder": lambda: replaced("more/b.jsonl", "Nobody", "Nobodi"),
    "a source more": lambda: Path("more/c.jsonl").write_text(rows(50)),
    "a source renamed": lambda: Path("more/b.jsonl").rename("more/c.jsonl"),
    "an evaluation set": lambda: replaced("eval.jsonl", "Peru", "Cuba"),
    "an evaluation set in a folder": lambda: replaced("evals/e.jsonl", "Asia", "Iowa"),
    "an evaluation set more": lambda: shutil.copy("eval.jsonl", "evals/f.jsonl"),
    "an evaluation set renamed": lambda: Path("evals/e.jsonl").rename("evals/f.jsonl"),
    "examples": lambda: replaced("spam.jsonl", "cheap", "great"),
    "decisions": lambda: replaced("review.csv", "drop", "keep"),
    "a note on a decision": lambda: replaced("review.csv", "no", "so"),
    "the tokenizer": lambda: replaced("tokenizer/tokenizer.json", "<|pad|>", "<|tap|>"),
    "the chat template": lambda: appended("tokenizer/chat_template.jinja", " "),
    "the reward model": lambda: weights_turned("judge"),
    "a file of the output lost": lambda: next(Path("out").rglob("*.arrow")).unlink(),
    "a file of the output cut": lambda: os.truncate(next(Path("out").rglob("*.arrow")), 10),
    "the card lost": lambda: Path("out/README.md").unlink(),
    "the manifest damaged": lambda: Path("out/manifest.json").write_text("{}"),
    "the manifest edited": lambda: appended("out/manifest.json", " "),
    "the checksum lost": lambda: Path("out/manifest.json.sha256").unlink(),
    "a version": lambda: in_manifest(lambda m: m["versions"].update(polars="0.1")),
    "a library": lambda: in_manifest(lambda m: m["dependencies"].update(libraries="0" * 32)),
    "the encoder": lambda: in_manifest(lambda m: m["dependencies"].update(encoder="0" * 32)),
    "made before models were written down": lambda: in_manifest(lambda m: m.pop("dependencies")),
    "a copy that was published": lambda: in_manifest(lambda m: m.update(left_out=["ledger"])),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changes_is_noticed(what: str, place: Path) -> None:
    assert stays()
    CHANGES[what]()
    forget()
    assert not stays()


def test_every_key_of_the_config_is_compared(place: Path) -> None:
    whole = Path("out/manifest.json").read_text()
    names = [*leaves(json.loads(whole)["config"])]
    assert len(names) > 100
    for path in names:
        manifest = json.loads(whole)
        section = manifest["config"]
        for name in path[:-1]:
            section = section[name]
        section[path[-1]] = ["something", "else"]
        write_vouched(Path("out"), manifest)
        assert not stays(), path


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Others"},
        {"near.threshold": 0.81},
        {"near.prefer": ["more/*", "a.jsonl"]},
        {"check.rules": {}},
        {"check.rules": {"refusal": "warning", "mojibake": "error"}},
        {"check.tokenizer": None},
        {"against.files": ["evals", "eval.jsonl"]},
        {"semantic.like.drop": []},
        {"semantic.contrast.action": "flag"},
        {"reward.filter.below": -0.5},
        {"audit.run": True},
        {"audit.review.decisions": None},
        {"split.salt": "x"},
        {"shards.to": "parquet"},
        {"card.license": "cc0-1.0"},
        {"encoder.name": "multilingual"},
    ],
    ids=str,
)
def test_another_config_is_noticed(changes: dict[str, Any], place: Path) -> None:
    assert not stays(overridden(config_of(CONFIG), changes))


def test_a_section_that_was_renamed_since_is_no_change(place: Path) -> None:
    in_manifest(lambda m: m["config"].update(meaning=m["config"].pop("semantic")))
    assert stays()


@pytest.mark.parametrize(
    "sources",
    [["more", "a.jsonl"], ["a.jsonl"], ["./a.jsonl", "more"], ["a.jsonl", "more/*"]],
    ids=str,
)
def test_other_sources_are_noticed(sources: list[str], place: Path) -> None:
    found, _ = find(sources, BuildConfig().read, Path("spool"))
    same = [f.source.name for f in found] == ["a.jsonl", "more/b.jsonl"]
    assert stays(sources=sources) == same


def test_what_changed_is_made_anew_to_the_same_bytes_as_from_nothing(place: Path) -> None:
    CHANGES["a source"]()
    config = config_of(CONFIG)
    said = build(SOURCES, out="out", config=config, workers=1, update=True)
    assert said == build(SOURCES, out="new", config=config, workers=1)
    assert stays()


def test_update_makes_what_is_not_there_and_touches_nothing_that_is_not_ours(
    write: Write, tmp_path: Path
) -> None:
    source = write("a.jsonl", [pair(n) for n in range(5)])
    out = tmp_path / "out"
    for make in (build, dedupe, embed_filter):
        shutil.rmtree(out, ignore_errors=True)
        config = config_of({"encoder": {"name": "ngrams"}})
        first = make([source], out=out, config=config, update=True)
        inode = (out / "manifest.json").stat().st_ino
        assert make([source], out=out, config=config, update=True) == first
        assert (out / "manifest.json").stat().st_ino == inode
        with pytest.raises(OutputError, match="force=True"):
            make([source], out=out, config=config)
    with pytest.raises(UsageError, match="one of the two"):
        build([source], out=out, force=True, update=True)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "note.txt").write_text("mine")
    with pytest.raises(OutputError, match="will not be touched"):
        build([source], out=tmp_path / "theirs", update=True)


def test_a_source_that_is_gone_is_an_error_also_where_an_output_is_there(place: Path) -> None:
    Path("a.jsonl").unlink()
    with pytest.raises(SourceError, match="does not exist"):
        build(SOURCES, out="out", config=config_of(CONFIG), update=True)


def test_an_audit_afterwards_and_what_people_wrote_into_its_sheet_stay(
    write: Write, tmp_path: Path
) -> None:
    source = write("a.jsonl", [pair(n) for n in range(60)])
    out, config = tmp_path / "out", config_of({"near": {"action": "off"}, "split": {"test": 0.2}})
    build([source], out=out, config=config)
    audit([out], config=config_of({"audit": {"views": ["controls", "ngrams"]}}))
    for name in ("report/review.csv", "README.md"):
        with (out / name).open("a") as file:
            file.write("\n")
    whole = json.loads((out / "manifest.json").read_bytes())
    manifest = build([source], out=out, config=config, update=True)
    assert json.loads(manifest.model_dump_json()) == whole
    assert any(file.path == "report/report.json" for file in manifest.files)


def test_an_evaluation_set_from_a_pipe_is_read_once_and_so_never_the_same(place: Path) -> None:
    os.mkfifo("pipe")
    assert not stays(overridden(config_of(CONFIG), {"against.files": ["pipe"]}))


def test_the_models_of_an_audit_are_watched(tmp_path: Path) -> None:
    model = save_backbone(tmp_path / "tiny", "Qwen3", seed=5)
    settings = {
        "encoder": {"name": "ngrams"},
        "reward": {"backbone": {"name": str(model), "device": "cpu"}},
        "audit": {"run": True, "views": ["controls", "embeddings", "backbone"]},
    }
    before = dependencies.dependencies_of(config_of(settings), None)
    assert set(before) == {"libraries", "encoder", "reward.backbone"}
    weights_turned(str(model))
    after = dependencies.dependencies_of(config_of(settings), None)
    assert {name for name in before if before[name] != after[name]} == {"reward.backbone"}
    assert set(dependencies.dependencies_of(BuildConfig(), None)) == {"libraries"}


def test_every_library_that_this_package_needs_is_watched() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = project[: project.index("\ndev = [")].split("dependencies = [", 1)[1]
    names = {name.lower() for name in re.findall(r'"([A-Za-z0-9-]+)(?:\[\w+\])?>=', needed)}
    no_bytes = {
        "apache-airflow", "click", "filelock", "fsspec", "huggingface-hub", "pyyaml", "rich",
        "tensorboard", "starlette", "uvicorn", "markdown-it-py", "aiohttp", "s3fs",
    }  # fmt: skip
    assert names - no_bytes <= {*dependencies.LIBRARIES}
    assert len(names) > 20
