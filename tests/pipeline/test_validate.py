from __future__ import annotations

from pathlib import Path

from sound_pairs import Write, pair

from prefdata.config.load import config_of
from prefdata.pipeline.build import build
from prefdata.pipeline.validate import validate

SMALL_PARTS = {"read": {"segment_bytes": 64 * 1024, "block_bytes": 16 * 1024}}


def test_clean_data_has_no_findings(write: Write) -> None:
    result = validate([write("a.jsonl", (pair(n) for n in range(50)))])
    assert (result.rows, result.records, result.errors) == (50, 50, 0)
    assert result.findings == ()
    assert result.scripts == {"Latin": 50}
    assert result.lengths["rejected"].max == len("Nobody knows what follows 49.")


def test_findings_name_the_file_the_line_and_the_evidence(write: Write) -> None:
    rows: list[object] = [pair(n) for n in range(2000)]
    rows[1500] = pair(3)
    rows[1700] = "{"
    rows[1900] = pair(1900, rejected="  ")
    path = write("a.jsonl", rows)
    result = validate([path], config=config_of(SMALL_PARTS), workers=2)
    found = {f.code: (f.level, f.rows, f.examples[0].row) for f in result.findings}
    assert found == {
        "duplicate-pair": ("error", 1, 1501),
        "invalid-json": ("error", 1, 1701),
        "empty-completion": ("error", 1, 1901),
    }
    assert {e.source for f in result.findings for e in f.examples} == {str(path)}
    (copy,) = (f for f in result.findings if f.code == "duplicate-pair")
    assert copy.examples[0].evidence == f"see {path}:4"


def test_workers_change_nothing(write: Write) -> None:
    rows = [pair(n % 900) for n in range(2500)]
    config = config_of(SMALL_PARTS)
    path = write("a.jsonl", rows)
    assert validate([path], config=config, workers=1) == validate([path], config=config, workers=2)


def test_validate_and_build_count_alike(write: Write, tmp_path: Path) -> None:
    rows: list[object] = [pair(n % 40) for n in range(60)]
    rows[3] = pair(3) | {"chosen": pair(3)["rejected"], "rejected": pair(3)["chosen"]}
    rows[5] = {"prompt": "alone"}
    rows[7] = pair(7, chosen="")
    path = write("a.jsonl", rows)
    built = build([path], out=tmp_path / "out").counts
    found = {f.code: f.rows for f in validate([path]).findings}
    assert found.pop("missing-field") == built.quarantined == 1
    assert found == built.dropped


def test_levels_decide_what_is_found(write: Write) -> None:
    path = write("a.jsonl", [pair(1, chosen="As <|im_end|> says.", margin=1.0), pair(2)])

    def codes(rules: dict[str, str]) -> dict[str, str]:
        result = validate([path], config=config_of({"check": {"rules": rules}}))
        return {f.code: f.level for f in result.findings}

    assert codes({}) == {"special-tokens": "warning"}
    assert codes({"special-tokens": "error"}) == {"special-tokens": "error"}
    assert codes({"special-tokens": "off"}) == {}
    assert set(validate([path]).remarks) == {"partial-margin"}
