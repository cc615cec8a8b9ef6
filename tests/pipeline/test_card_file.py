"""README.md of an output folder: it loads, it says what happened, and people's words stay."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from sound_pairs import Write, pair
from vouched import write_vouched

from prefdata.config.load import config_of
from prefdata.errors import ConfigError, IntegrityError, LockedError, UsageError
from prefdata.io.files.lock import lock_folder
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.card import card as write_card
from prefdata.pipeline.card import generated_card, read_card
from prefdata.pipeline.gate import gate
from prefdata.pipeline.run.audit_report import report_of
from prefdata.pipeline.run.manifest import read_manifest, write_manifest
from prefdata.pipeline.verify import verify
from prefdata.reports.card.values import Where
from prefdata.results.manifest import FileEntry, Manifest
from prefdata.transforms.card.text import card_entry, hand_written_part, merge_card

HOSTILE = (
    "a: [b] <script>|*x*`\n---\n# Title \x1b[31m ${HOME} \u2028 \u202e\n<!-- prefdata:end title -->"
)
WORDS = "\n## Ours\n\nWritten by Ann, 写的。\n"

FORMATS = pytest.mark.parametrize("to", ["arrow", "parquet"])


def tool_pair(number: int) -> dict[str, object]:
    call = [{"role": "assistant", "content": "", "tool_calls": [{"name": "f", "n": number}]}]
    return {
        "prompt": [{"role": "user", "content": f"Call number {number} of the tool, please"}],
        "chosen": call,
        "rejected": [{"role": "assistant", "content": f"I will not call number {number}"}],
        "margin": 1.0,
    }


def built(write: Write, out: Path, to: str = "parquet", rows: int = 30, **config: Any) -> Manifest:
    lines: list[object] = [pair(number) for number in range(rows)]
    values = {"shards": {"to": to}, "split": {"test": 0.3}, **config}
    return build([write("a.jsonl", [*lines, "{broken"])], out=out, config=config_of(values))


def readme(out: Path) -> str:
    return (out / "README.md").read_text(encoding="utf-8")


def matter(text: str) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return values


def snippets(text: str) -> list[str]:
    found = re.findall(r"```python\n(.*?)\n```", text, re.DOTALL)
    assert len(found) == 4
    return found


def run_snippets(text: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Runs the code of a card, all but the training, which needs a model of the Hub."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    names: dict[str, Any] = {}
    for code in snippets(text):
        compiled = compile(code, "README.md", "exec")
        if "trl" not in code:
            exec(compiled, names)
    return names


@FORMATS
@pytest.mark.parametrize("has_tools", [False, True])
def test_the_code_of_the_card_runs_where_it_lies(
    to: str,
    has_tools: bool,
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from datasets import Features, load_dataset

    rows = [tool_pair(n) if has_tools else pair(n, margin=2.0) for n in range(20)]
    config = config_of({"shards": {"to": to}, "split": {"test": 0.3}})
    out = tmp_path / "out"
    manifest = build([write("it's.jsonl", rows)], out=out, config=config)
    monkeypatch.chdir(out)
    names = run_snippets(readme(out), tmp_path / "cache", monkeypatch)
    assert {name: len(split) for name, split in names["dataset"].items()} == manifest.counts.splits
    assert "it's.jsonl" in capsys.readouterr().out
    loaded = load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].features == names["dataset"]["train"].features
    info = matter(readme(out))["dataset_info"]
    assert Features._from_yaml_list(info["features"]) == loaded["train"].features
    assert names["rows"].features is None or names["rows"].features == loaded["train"].features


@pytest.mark.parametrize("scheme", ["file", "memory"])
def test_the_code_of_a_card_at_a_url_runs(
    scheme: str, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec

    out = tmp_path / "out"
    manifest = built(write, out)
    url = f"file://{out}" if scheme == "file" else "memory://card it's"
    fsspec.filesystem(scheme).put(f"{out}/data", f"{url}/data", recursive=True)
    text = generated_card(out, manifest, where=Where(kind="url", name=url))
    names = run_snippets(text, tmp_path / "cache", monkeypatch)
    assert {name: len(split) for name, split in names["dataset"].items()} == manifest.counts.splits


def test_the_code_of_a_card_on_the_hub(write: Write, tmp_path: Path) -> None:
    manifest = built(write, tmp_path / "out")
    where = Where(kind="hub", name="org/name", branch="next")
    code = "\n".join(snippets(generated_card(tmp_path / "out", manifest, where=where)))
    compile(code, "README.md", "exec")
    assert 'dataset = load_dataset("org/name", revision="next")' in code
    assert 'read_parquet("hf://datasets/org/name@next/data/train-*.parquet")' in code
    assert 'dataset["train"]' in code and 'eval_dataset=dataset["test"]' in code


@FORMATS
def test_clients_read_the_metadata(to: str, write: Write, tmp_path: Path) -> None:
    from datasets.info import DatasetInfosDict
    from datasets.utils.metadata import MetadataConfigs
    from huggingface_hub import DatasetCard

    card = {"license": "cc-by-4.0", "tags": ["mine", "no"]}
    manifest = built(write, tmp_path / "out", to, card=card, title="Ours: 偏好")
    data = DatasetCard.load(tmp_path / "out" / "README.md").data
    assert (data.license, data.pretty_name, data.size_categories) == (
        "cc-by-4.0", "Ours: 偏好", ["n<1K"],
    )  # fmt: skip
    assert {"prefdata", "preference", "mine", "no"} < set(data.tags)
    assert data.language == ["en"]
    configs = MetadataConfigs.from_dataset_card_data(data)
    assert [file["split"] for file in configs["default"]["data_files"]] == ["train", "test"]
    info = DatasetInfosDict.from_dataset_card_data(data)["default"]
    assert {name: split.num_examples for name, split in info.splits.items()} == (
        manifest.counts.splits
    )
    held = [file.bytes for file in manifest.files if file.path.startswith("data/") and file.rows]
    assert info.download_size == sum(held)
    assert info.dataset_size == sum(split.num_bytes for split in info.splits.values()) > 0


@FORMATS
def test_nothing_kept(to: str, write: Write, tmp_path: Path) -> None:
    config = config_of({"shards": {"to": to}})
    build([write("a.jsonl", ["{broken"])], out=tmp_path / "out", config=config)
    text = readme(tmp_path / "out")
    assert not matter(text).keys() & {"configs", "dataset_info", "language"}
    assert "There is nothing to load" in text
    assert verify(tmp_path / "out").problems == ()


def test_hostile_names_stay_names(write: Write, tmp_path: Path) -> None:
    from markdown_it import MarkdownIt

    name = "a|b <i> `c` _d_.jsonl"
    config = config_of({"title": HOSTILE, "split": {"salt": HOSTILE}})
    build([write(name, [pair(n) for n in range(9)])], out=tmp_path / "out", config=config)
    text = readme(tmp_path / "out")
    assert matter(text)["configs"][0]["data_files"][0]["split"] == "train"
    for sign in "\x1b\u2028\u202e":
        assert sign not in text
    assert hand_written_part(text) == ""
    page = MarkdownIt("commonmark").enable("table").parse(text.split("---\n", 2)[2])
    tokens = [inner for token in page for inner in (token, *(token.children or ()))]
    tags = [token.content.strip() for token in tokens if token.type.startswith("html_")]
    assert all(re.fullmatch(r"<!-- (prefdata:|\{)[^\n]* -->", tag) for tag in tags), tags
    assert [token.tag for token in tokens if token.type == "heading_open"].count("h1") == 1
    assert any(t.content.endswith(name) for t in tokens if t.type == "code_inline")
    assert verify(tmp_path / "out").problems == ()


def test_the_card_is_no_file_of_the_manifest(write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = built(write, out)
    assert "README.md" not in {file.path for file in manifest.files}
    assert manifest.card == card_entry(readme(out)) == read_manifest(out).card
    (out / "README.md").write_text(readme(out) + WORDS)
    assert verify(out).problems == ()
    (out / "README.md").write_text(readme(out).replace("31 rows", "32 rows"))
    assert [problem.partition(":")[0] for problem in verify(out).problems] == ["README.md"]


def test_words_of_people_survive_builds_audits_and_cards(write: Write, tmp_path: Path) -> None:
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    built(write, out)
    (out / "README.md").write_text(
        readme(out).replace("pretty_name", "viewer: false\npretty_name") + WORDS
    )
    more: dict[str, Any] = {"rows": 40, "card": {"license": "mit"}}
    values = {"shards": {"to": "parquet"}, "split": {"test": 0.3}, "card": {"license": "mit"}}
    source = write("a.jsonl", [*(pair(n) for n in range(40)), "{broken"])
    build([source], out=out, config=config_of(values), force=True)
    built(write, fresh, **more)
    assert readme(out).endswith(WORDS) and "viewer: false" in readme(out)
    assert readme(out).replace("viewer: false\n", "").removesuffix(WORDS) == readme(fresh)
    assert "not audited" in readme(out)
    audit([out])
    assert readme(out).endswith(WORDS) and "not audited" not in readme(out)
    assert verify(out).problems == ()
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert not write_card(out).is_changed
    assert {path: path.read_bytes() for path in before} == before


def test_what_an_option_says_stays(write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    built(write, out, card={"license": "mit"})
    done = write_card(out, license="cc0-1.0", tags=["mine"])
    assert (done.is_changed, done.license, done.has_hand_written) == (True, "cc0-1.0", False)
    assert not write_card(out).is_changed
    values = {"shards": {"to": "parquet"}, "split": {"test": 0.3}, "card": {"license": "mit"}}
    build([tmp_path / "a.jsonl"], out=out, config=config_of(values), force=True)
    assert matter(readme(out))["license"] == "cc0-1.0"
    assert "mine" in matter(readme(out))["tags"]
    assert verify(out).problems == ()


@pytest.mark.parametrize("license_", ["Apache 2.0", "", "mit\nx: 1"])
@pytest.mark.parametrize("tag", ["", " ", "a\nb", "\u202ea"])
def test_odd_licences_and_tags_are_refused(license_: str, tag: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no name of a licence"):
        write_card(tmp_path, license=license_)
    with pytest.raises(UsageError, match="no tag"):
        write_card(tmp_path, license="mit", tags=["fine", tag])
    with pytest.raises(ConfigError, match=r"card.license: no name.*\n  card.tags.0: no tag"):
        config_of({"card": {"license": license_, "tags": [tag]}})


def test_a_dry_run_writes_nothing(write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    built(write, out)
    before = readme(out)
    done = write_card(out, license="mit", dry_run=True)
    assert done.is_changed and "license: mit" in done.text
    assert readme(out) == before


def test_cards_of_older_versions_are_replaced_unless_people_wrote_in_them(
    write: Write, tmp_path: Path
) -> None:
    import hashlib

    out = tmp_path / "out"
    manifest = built(write, out)
    old = b"---\npretty_name: x\n---\n\n# Old\n\nGenerated.\n"
    entry = FileEntry(path="README.md", bytes=len(old), sha256=hashlib.sha256(old).hexdigest())
    older = manifest.model_copy(update={"card": None, "files": (*manifest.files, entry)})
    for content, has_words in ((old, False), (old + WORDS.encode(), True)):
        (out / "README.md").write_bytes(content)
        write_vouched(out, older.model_dump_json())
        assert write_card(out).has_hand_written == has_words
        assert ("Generated." in readme(out)) == has_words
        assert read_manifest(out).files == manifest.files
        assert verify(out).problems == ()


def test_changes_within_blocks_are_told(write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    built(write, out)
    before = readme(out)
    (out / "README.md").write_text(before.replace("31 rows", "32 rows") + WORDS)
    done = write_card(out)
    assert done.replaced_edits and done.text == before + WORDS
    assert not write_card(out).replaced_edits


def test_a_missing_card_is_made_anew(write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    built(write, out)
    before = readme(out)
    (out / "README.md").unlink()
    assert read_card(out) is None
    assert verify(out).problems
    write_card(out)
    assert readme(out) == before and verify(out).problems == ()


def test_cards_in_other_encodings_become_utf_8(write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    built(write, out)
    (out / "README.md").write_bytes((readme(out) + WORDS).encode("gb18030"))
    assert write_card(out).is_changed
    assert readme(out).endswith(WORDS)


def test_a_card_killed_before_its_manifest_is_finished_by_the_next(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    manifest = built(write, out)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("prefdata.pipeline.card.write_manifest", killed)
        with pytest.raises(KeyboardInterrupt):
            write_card(out, license="mit")
    assert "license: mit" in readme(out)
    assert read_manifest(out) == manifest
    assert [problem for problem in verify(out).problems if "README.md" in problem]
    write_card(out)
    assert verify(out).problems == () and "license: mit" in readme(out)


def test_a_folder_that_is_worked_on_or_damaged_is_refused(write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(IntegrityError, match="not a finished output"):
        write_card(tmp_path)
    built(write, out)
    with lock_folder(tmp_path / "out"), pytest.raises(LockedError):
        write_card(out)
    audit([out])
    report = out / "report" / "report.json"
    assert report_of(out, read_manifest(out)) is not None
    report.write_text(json.dumps(json.loads(report.read_text()) | {"title": "x"}))
    with pytest.raises(IntegrityError, match="was changed"):
        write_card(out)
    report.unlink()
    with pytest.raises(IntegrityError, match="cannot be read"):
        write_card(out)


def test_a_report_of_an_earlier_version_says_so(write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    built(write, out)
    audit([out])
    file = out / "report" / "report.json"
    before = json.loads(file.read_text())
    for content, says in (
        (before | {"format": "prefdata-audit/1"}, "format is 'prefdata-audit/1'.* Audit again"),
        ({"rows": 3}, "it is no report of an audit"),
    ):
        file.write_text(json.dumps(content))
        entry = FileEntry(
            path="report/report.json",
            bytes=file.stat().st_size,
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        )
        manifest = read_manifest(out)
        others = [each for each in manifest.files if each.path != entry.path]
        write_manifest(out, manifest.model_copy(update={"files": (*others, entry)}))
        with pytest.raises(IntegrityError, match=says):
            write_card(out)
        first = next(each for each in gate(out).criteria if each.name == "audit")
        assert not first.holds
        assert re.search(says, str(first.says))


def test_a_published_card_takes_the_licence_that_an_option_gave(
    write: Write, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    built(write, out)
    write_card(out, license="mit")
    where = Where(kind="hub", name="org/name")
    card = generated_card(out, read_manifest(out), where=where, local=readme(out))
    assert matter(merge_card(card, None))["license"] == "mit"
    there = merge_card(card, None).replace("license: mit", "license: gpl-3.0")
    assert matter(merge_card(card, there))["license"] == "gpl-3.0"  # people changed it there
