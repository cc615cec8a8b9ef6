"""What filters would do, shown before they do it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from meaning_rows import EVALUATION, MEANING, SPAM, config, places, talk
from sound_pairs import Write

from prefdata.config.load import overridden
from prefdata.errors import ModelError
from prefdata.pipeline.embed_filter import embed_filter, preview
from prefdata.pipeline.stages.preview import FilterPreview, Preview, around
from prefdata.steps.semantic.filter_result import FilterResult

FILTERS = ["contrast", "topic", "outliers", "similar"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def only(**meaning: Any) -> FilterPreview:
    """The preview of the one filter that is on, over the sample data."""
    (found,) = preview([MEANING], config=config(**meaning)).filters
    return found


def test_both_sides_of_the_threshold_are_shown_in_order() -> None:
    found = only(topic={"action": "drop"})
    assert [row.taken for row in found.rows] == [True] * 3 + [False] * 3
    values = [row.value for row in found.rows]
    assert values == sorted(values)
    assert all(value <= found.threshold for value in values[:3])
    assert (found.reason, found.side, found.action) == ("off-topic", "below", "drop")
    assert (found.judged, found.taken) == (27, 4)
    spread = [found.spread[share] for share in ("0%", "50%", "100%")]
    assert spread == sorted(spread)
    assert spread[0] < values[0]  # the fourth that goes is farther out than those shown
    row = found.rows[-1]
    assert row.source.endswith("topic.jsonl")
    assert "I'm sorry" in row.chosen
    assert f"{row.value:.3f}" in row.evidence


@pytest.mark.parametrize("rows", [1, 2, 5, 100])
def test_as_many_rows_as_asked_for(rows: int) -> None:
    (found,) = preview([MEANING], config=config(topic={"action": "drop"}), rows=rows).filters
    taken = [row.taken for row in found.rows]
    assert taken.count(True) == min((rows + 1) // 2, 4)
    assert taken.count(False) == min(rows // 2, 23)


def test_what_a_guard_speaks_for_is_told_apart() -> None:
    found = only(contrast={"action": "flag"})
    spared = [row for row in found.rows if row.spared]
    assert spared
    assert all(row.value >= 0.9 and not row.taken for row in spared)
    assert not any(row.spared for row in found.rows if row.value < 0.9)
    assert found.passed_by == {"their wording shows a contrast": 2}
    assert (found.taken, found.action) == (2, "flag")


@pytest.mark.parametrize("section", FILTERS)
def test_a_share_of_less_than_a_row_shows_what_would_go_first(section: str) -> None:
    changes = {"words": 0, "similar": 1} if section == "topic" else {}
    found = only(**{section: {"action": "drop", "threshold": "0.1%", **changes}})
    assert found.taken == 0
    if section == "similar":  # the lowest threshold at which none goes is known
        assert found.rows[-1].value < found.threshold
        return
    assert found.threshold is None
    outermost = found.spread["100%" if found.side == "above" else "0%"]
    values = [row.value for row in found.rows]
    assert values[-1 if found.side == "above" else 0] == pytest.approx(outermost)


def test_near_misses_stand_beside_duplicates() -> None:
    strict, loose = (only(similar={"action": "drop", "threshold": t}) for t in (0.95, 0.88))
    assert [(row.row, row.other, row.taken) for row in strict.rows] == [
        (10, 9, False),
        (13, 12, False),
    ]
    assert [row.taken for row in loose.rows] == [False, True]
    assert "threshold 0.950" in strict.rows[0].evidence  # not that of the second look
    for found in (strict, loose):
        assert found.judged == 27
        assert found.spread == {}  # most rows have no value: they are like no other


@pytest.mark.parametrize("section", FILTERS)
@pytest.mark.parametrize("encoder", ["ngrams", "multilingual"])
def test_the_build_that_follows_does_what_was_shown(
    section: str, encoder: str, write: Write, tmp_path: Path
) -> None:
    thresholds = {"contrast": 0.9, "topic": 0.1, "outliers": "9%", "similar": 0.5}
    part = {"action": "drop", "threshold": thresholds[section]}
    told = config(encoder, **{section: part | ({"words": 0} if section == "topic" else {})})
    sources = [MEANING, write("more.jsonl", talk(80))]
    (found,) = preview(sources, config=told, rows=10_000).filters
    manifest = embed_filter(sources, out=tmp_path / "out", config=told)
    assert manifest.counts.dropped.get(found.reason) == found.taken
    shown = {(Path(row.source).stem, row.source_row) for row in found.rows if row.taken}
    assert places(tmp_path / "out", found.reason) == shown


def test_all_filters_look_at_what_the_rules_have_left(write: Write) -> None:
    rows = [*talk(30), talk(1)[0], "{not json", {"prompt": "a", "chosen": "b", "rejected": "b"}]
    usual = preview([write("a.jsonl", rows)], config=config("ngrams"))
    assert (usual.read, usual.looked_at) == (33, 30)
    assert [found.reason for found in usual.filters] == [
        "no-contrast", "off-topic", "outlier", "semantic-duplicate",
    ]  # fmt: skip
    assert {found.judged for found in usual.filters} == {30}


def test_nothing_is_written_but_the_cache(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    like = {"drop": [str(SPAM)], "keep": [str(EVALUATION)]}
    preview([MEANING], config=config(contrast={"action": "drop"}, like=like))
    with pytest.raises(ModelError):
        preview([MEANING], config=config("/nowhere/no-model"))
    assert {path.name for path in tmp_path.iterdir()} == {"cache", "here", "temporary"}
    assert not [*(tmp_path / "here").iterdir(), *(tmp_path / "temporary").iterdir()]
    assert any(path.is_file() for path in cache.rglob("*"))


def test_a_preview_survives_json() -> None:
    whole = preview(
        [MEANING],
        config=overridden(
            config(outliers={"action": "flag"}, topic={"action": "drop"}),
            {"semantic.similar.action": "drop"},
        ),
    )
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Preview) == whole


@pytest.mark.parametrize(
    ("rows", "judged"),
    [([], 0), (talk(2)[1:], 0), (talk(12), 12)],
    ids=["none", "one", "enough"],
)
def test_rows_that_cannot_be_judged_are_counted(
    rows: list[dict[str, Any]], judged: int, write: Write
) -> None:
    alike = {"prompt": "a", "chosen": "b", "rejected": "b"}  # a source of no rows is refused
    told = config("ngrams", outliers={"action": "drop", "threshold": 0.5})
    (found,) = preview([write("a.jsonl", [*rows, alike])], config=told).filters
    assert found.judged == judged
    assert sum(found.passed_by.values()) == len(rows) - judged
    assert (found.spread == {}) == (judged == 0)


def found_of(values: list[float], threshold: float, side: Any, taken: list[bool]) -> FilterResult:
    return FilterResult(
        reason="r", measure="m", action="drop", threshold=threshold, side=side,
        rows=np.arange(len(values)), values=np.array(values, np.float32),
        is_taken=np.array(taken), evidence=str,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("threshold", "side", "taken", "expected"),
    [
        (0.5, "above", [4, 5, 6], [2, 3, 4, 5]),
        (0.5, "above", [6], [3, 4, 6]),  # 4 and 5 were spared, and stay
        (0.3, "below", [0, 1, 2], [1, 2, 3, 4]),
        (float("nan"), "above", [], [5, 6]),
        (float("nan"), "below", [], [0, 1]),
    ],
)
def test_the_nearest_to_the_threshold(
    threshold: float, side: str, taken: list[int], expected: list[int]
) -> None:
    values = [0.0, 0.1, 0.3, 0.45, 0.6, 0.8, 1.0]
    found = found_of(values, threshold, side, [i in taken for i in range(len(values))])
    assert around(found, 4) == expected
