"""The sample data and its key say the same: no row, file, code or dialect is left out."""

import json
from collections import Counter
from pathlib import Path

import pytest

from prefdata.config.model import NearConfig
from prefdata.dialects import DIALECTS
from prefdata.rules.registry import ALL_RULES
from prefdata.transforms.duplicates.shingles import shingles_of
from prefdata.transforms.duplicates.similarity import jaccard

ROOT = Path(__file__).parents[2] / "sample_data"
KEY = json.loads((ROOT / "key.json").read_text(encoding="utf-8"))
FILES, ROWS, REFUSED = KEY["files"], KEY["rows"], KEY["refused"]
FORMATS, JUDGEMENTS = KEY["formats"], KEY["judgements"]
FOLDERS = ("alike", "clean", "faults", "judged")
NEEDS_MORE_THAN_A_FILE = {
    *("leaks-into-test", "published-splits"),  # of two files
    *("no-gap", "below-floor"),  # said by config
    "unreadable-media",  # bytes in a row
    "evaluation",  # said of evaluation sets, not of rows
    "record-too-large",  # a lower limit
    "refusal",  # a rule switched on
    "uncompared",  # more rows than anyone wants to read
    "approximate",  # the same
    "beyond-window",  # an encoder with a window
    "not-embedded",  # a rule switched off
    "outlier",  # a share of more rows than there are
    "unlike-examples",  # takes all the others
    "low-reward-margin",  # a reward model
    "disagreement",  # votes of several judges
    "margin-disagrees",  # the same
    "not-scored",  # the same
    "reviewed",  # a person
    "reviewed-drop",  # the same
    "reviewed-flip",  # the same
    "label-flipped",  # the same
    "likely-flipped",  # an audit
    "ambiguous",  # the same
    "model-uncertain",  # the same
    "model-disagrees",  # the same
    "suspected",  # the same
}


def names_in(folder: str) -> set[str]:
    files = (ROOT / folder).rglob("*.*")
    return {str(path.relative_to(ROOT)) for path in files}


def lines_of(name: str) -> list[bytes]:
    return (ROOT / name).read_bytes().split(b"\n")


def test_every_file_is_in_the_key_and_the_other_way_round() -> None:
    assert set(FILES) == {name for folder in FOLDERS for name in names_in(folder)}
    assert set(REFUSED) == names_in("ambiguous")
    assert set(FORMATS) == names_in("formats")
    assert set(JUDGEMENTS) == names_in("judgements")
    assert {place.rpartition(":")[0] for place in evaluations()} == names_in("eval")


def evaluations() -> list[str]:
    return [row["evaluation"] for row in ROWS if "evaluation" in row]


def test_rows_are_named_once_in_order_and_only_in_files_with_faults() -> None:
    places = [(row["file"], row["row"]) for row in ROWS]
    assert places == sorted(set(places))
    assert {name for name, _ in places} <= names_in("alike") | names_in("faults")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['file']}:{row['row']}")
def test_a_named_row_exists_and_has_a_known_code(row: dict[str, object]) -> None:
    name, number = str(row["file"]), int(str(row["row"]))
    if name.endswith((".jsonl", ".csv", ".tsv")):
        assert lines_of(name)[number - 1].strip()
    else:
        assert 1 <= number <= FILES[name]["read"]
    kinds = {rule.code: rule.kind for rule in ALL_RULES}
    reason = row["reason"]
    assert reason in kinds if reason else row["outcome"] == "keep"
    assert (row["outcome"] == "quarantine") == (kinds.get(str(reason)) == "reading")
    assert str(row["why"]).endswith((".", "。"))


def test_rows_that_others_are_about_exist() -> None:
    named = [row["other"] for row in ROWS if "other" in row]
    named += [place for group in KEY["groups"] for place in group["rows"]]
    for name, _, number in (place.rpartition(":") for place in named):
        assert 1 <= int(number) <= FILES[name]["read"]


def test_the_chain_is_a_chain() -> None:
    lines = [json.loads(line) for line in lines_of("alike/near.jsonl")[4:7]]
    near = NearConfig()

    def similarity(*pair: int) -> float:
        return min(
            jaccard(*(shingles_of(lines[n][part], near.words, near.characters) for n in pair))
            for part in ("prompt", "chosen", "rejected")
        )

    assert min(similarity(0, 1), similarity(1, 2)) >= near.threshold > similarity(0, 2)


def test_every_dialect_is_there() -> None:
    shown = {file["dialect"] for file in (*FILES.values(), *FORMATS.values(), *JUDGEMENTS.values())}
    shown |= {name for file in REFUSED.values() for name in file["candidates"]}
    assert shown == {dialect.name for dialect in DIALECTS}


def test_every_code_that_a_file_can_trip_is_planted() -> None:
    plantable = {rule.code for rule in ALL_RULES if rule.kind != "preflight"}
    planted = {row["reason"] for row in (*ROWS, *KEY["remarks"])} - {None}
    planted |= {reason for row in ROWS for reason in row.get("also", ())}
    planted |= {row.get("reason") for row in KEY["meaning"]["rows"]} - {None}
    planted |= {code for file in FORMATS.values() for code in file.get("codes", ())}
    planted |= {code for file in JUDGEMENTS.values() for code in file.get("unpaired", ())}
    planted |= {code for file in JUDGEMENTS.values() for code in file.get("codes", ())}
    assert planted == plantable - NEEDS_MORE_THAN_A_FILE


@pytest.mark.parametrize("folder", FOLDERS)
def test_totals_add_up(folder: str) -> None:
    rows = [row for row in ROWS if row["file"].startswith(f"{folder}/")]
    by_outcome = {
        outcome: Counter(
            reason
            for row in rows
            if row["outcome"] == outcome
            for reason in (row["reason"], *row.get("also", ()))
        )
        for outcome in ("drop", "flag", "quarantine")
    }
    totals = KEY["totals"][folder]
    assert totals["read"] == sum(
        file["read"] for name, file in FILES.items() if name.startswith(f"{folder}/")
    )
    assert totals["dropped"] == by_outcome["drop"]
    assert totals["flagged"] == by_outcome["flag"]
    assert totals["quarantined"] == by_outcome["quarantine"].total()
    gone = totals["quarantined"] + sum(totals["dropped"].values())
    assert totals["kept"] == totals["read"] - gone


def test_json_lines_have_as_many_rows_as_the_key_says() -> None:
    for name in (name for name in FILES if name.endswith(".jsonl") and "utf16" not in name):
        assert sum(1 for line in lines_of(name) if line.strip()) == FILES[name]["read"], name


def test_the_data_stays_small() -> None:
    assert sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file()) < 200_000
