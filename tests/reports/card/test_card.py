"""What a card says of a run, and that it says nothing that the run does not."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from reports.report_values import labels, nothing, report

from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig
from prefdata.reports.card.card import blocks
from prefdata.reports.card.front import front_matter
from prefdata.reports.card.markdown import coded, escaped, fenced, quoted, table, yaml_of
from prefdata.reports.card.rows import MOST_SOURCES
from prefdata.reports.card.values import CardFacts, CardValues, Column, Where
from prefdata.results.audit import AuditReport
from prefdata.results.manifest import (
    AuditEntry,
    Counts,
    EvaluationEntry,
    FileEntry,
    Manifest,
    SourceEntry,
)

DEFAULTS = BuildConfig().model_dump(mode="json")
FINGERPRINT = "0" * 32


def source(name: str, dialect: str = "pairs", quarantined: int = 0) -> SourceEntry:
    return SourceEntry(
        name=name, bytes=1, fingerprint=FINGERPRINT, container="jsonl", compression="none",
        encoding="utf-8", dialect=dialect, polarity="chosen is better", read=10,
        quarantined=quarantined,
    )  # fmt: skip


def file(path: str, rows: int | None = None) -> FileEntry:
    return FileEntry(path=path, bytes=10, sha256="0" * 64, rows=rows)


def entry(audited: AuditReport) -> AuditEntry:
    found = audited.labels
    assert found is not None
    answers = found.claims.answers if found.claims else None
    return AuditEntry(
        fingerprint=FINGERPRINT,
        pairs=found.pairs,
        accuracy=found.accuracy.value,
        auroc=found.power.detections[0].auroc,
        is_judged=found.is_judged,
        likely_flipped=answers.likely if answers else None,
        wrong=(answers.rate.low, answers.rate.high) if answers else None,
    )


def values(
    *, audit: AuditReport | None = None, facts: dict[str, Any] | None = None, **changes: Any
) -> CardValues:
    splits = changes.pop("splits", {"train": 9000, "test": 1000})
    kept = sum(splits.values())
    dropped, flagged = changes.pop("dropped", {}), changes.pop("flagged", {})
    quarantined = changes.pop("quarantined", 0)
    where = changes.pop("where", Where())
    counts = Counts(
        read=kept + sum(dropped.values()) + quarantined,
        kept=kept,
        quarantined=quarantined,
        dropped=dropped,
        flagged=flagged,
        splits=splits,
    )
    manifest: dict[str, Any] = {
        "fingerprint": FINGERPRINT,
        "versions": {"prefdata": "9.9"},
        "config": config_of(changes.pop("config", {})).model_dump(mode="json"),
        "sources": (source("a.jsonl"),),
        "audit": entry(audit) if audit else None,
        "counts": counts,
        "files": (file("data/train-00000-of-00001.parquet", kept), file("ledger/x.parquet")),
    }
    known: dict[str, Any] = {
        "columns": (Column("prompt", "list of messages"),),
        "features": [],
        "split_bytes": dict.fromkeys(splits, 7),
        "file_bytes": 99,
        "files": 1,
        "looked_at": kept,
        "languages": {"en": kept},
        "characters": {"prompt": 10, "chosen": 20, "rejected": 30},
        "chosen_longer": 0.5,
    }
    return CardValues(
        manifest=Manifest(**manifest | changes),
        facts=CardFacts(**known | (facts or {})),
        where=where,
        rules={"duplicate-pair": "A copy | of another."},
        defaults=DEFAULTS,
        audit=audit,
    )


UNREAD = report(labels=labels(answered=False), reviewed=None)
"""An audit of which nobody has answered anything."""


def text(**changes: Any) -> str:
    return "\n\n".join(blocks(values(**changes)).values())


def test_every_figure_of_the_counts_is_told() -> None:
    said = text(
        dropped={"duplicate-pair": 5, "tie": 7, "near-conflict": 1},
        flagged={"refusal": 2},
        quarantined=3,
        splits={"train": 1200, "test": 0},
    )
    assert "**1,216 read = 1,200 kept + 13 dropped + 3 quarantined.**" in said
    for line in (
        "| `duplicate-pair` | 5 | A copy \\| of another. |",
        "| `tie` | 7 |  |",
        "| `refusal` | 2 |  |",
        "| rows | 1,200 (1,200 train, 0 test) |",
        "| test | 0 | 0% |",
        "| duplicates | 5 exact and near-duplicates dropped |",
        "| contradictions | 1 row whose label another row contradicts dropped |",
    ):
        assert line in said.splitlines(), line
    assert said.index("`tie`") < said.index("`duplicate-pair`")  # most rows first
    assert "No row is in test" in said


def test_splits_without_rows_are_not_among_what_is_loaded() -> None:
    matter = front_matter(values(splits={"train": 1, "validation": 0, "test": 2}))
    assert [split["name"] for split in matter["dataset_info"]["splits"]] == ["train", "test"]  # type: ignore[index]
    assert "validation" not in str(matter["configs"])
    assert matter["size_categories"] == ["n<1K"]
    empty = front_matter(values(splits={"train": 0}, facts={"languages": {}}))
    assert not empty.keys() & {"configs", "dataset_info", "language"}


def test_languages_below_the_least_share_are_not_named() -> None:
    found = values(facts={"languages": {"en": 9895, "zh": 100, "und": 3, "no": 2}})
    assert front_matter(found)["language"] == ["en", "zh"]
    said = "\n".join(blocks(found).values())
    assert "en 99%, zh 1%, others <0.1%, unclear <0.1% |" in said
    some = values(facts={"languages": {"no": 500}, "looked_at": 500})
    assert "no 100% (of 500 rows, evenly spread)" in blocks(some)["summary"]


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({}, "Labels were not audited"),
        ({}, "no evaluation set"),
        ({"splits": {"train": 9}}, "There is no test split"),
        ({"splits": {"train": 900, "test": 100}}, "uncertain by about ±10 points"),
        ({"facts": {"languages": {"en": 6000, "zh": 4000}}}, "Languages are mixed (en and zh)"),
        ({"facts": {"chosen_longer": 0.792}}, "Chosen is the longer completion in 79.2%"),
        ({"facts": {"chosen_longer": 0.2}}, "Chosen is the shorter completion in 80%"),
        ({"quarantined": 2000}, "Of 16.7% of the rows read"),
        ({"flagged": {"refusal": 2}}, "only flagged"),
        ({"flagged": {"contaminated": 2}}, "overlaps an evaluation set: 2 rows."),
        ({"config": {"near": {"action": "flag"}}}, "Near-duplicates were not removed"),
        ({"config": {"labels": {"conflict": "flag"}}}, "contradict each other were kept"),
        ({"remarks": {"partial-margin": "1 of 2 have one"}}, "`partial-margin`: 1 of 2 have one."),
        ({"audit": UNREAD}, "How many labels are wrong is not known"),
        ({"audit": report(labels=labels(judged=False))}, "could not judge single labels"),
        ({"audit": report()}, "Length alone predicts 64.1% of the labels"),
    ],
)
def test_limits_are_those_of_the_run(changes: dict[str, Any], limit: str) -> None:
    if "contaminated" in changes.get("flagged", {}):
        changes = changes | {"evaluation": (evaluation(),)}
    assert limit in blocks(values(**changes))["limits"]
    everything = blocks(perfect())
    assert "limits" not in everything
    assert limit not in "\n".join(everything.values())


def evaluation() -> EvaluationEntry:
    return EvaluationEntry(name="b*.jsonl", fingerprint=FINGERPRINT, field="p", rows=8)


def perfect() -> CardValues:
    """A run against which nothing is known."""
    found = labels()
    whole = report(
        labels=found.model_copy(
            update={"baselines": (found.baselines[0], found.baselines[2], found.baselines[2])}
        )
    )
    return values(audit=whole, evaluation=(evaluation(),))


def test_an_audit_is_told_with_its_nulls() -> None:
    said = blocks(values(audit=report(), dropped={"suspected": 17}))["labels"]
    for line in (
        "| **all views together** | 0.77 (0.77–0.78) | 0.84 (0.83–0.85) |",
        "| one reward for all (null) | 0.50 (0.50–0.50) |  |",
        "| length alone (null) | 0.64 (0.63–0.65) | 0.68 (0.67–0.70) |",
        "| labels that mean nothing (null) | 0.50 (0.49–0.51) | 0.50 (0.49–0.52) |",
    ):
        assert line in said.splitlines(), said
    assert (
        "According to people's answers, 1.9% to 6.3% of the labels are wrong; 17 suspected rows"
        in said
    )
    assert "People reviewed 100 rows: 61 keep, 27 flip, 5 drop, 7 unsure." in said
    assert "`report/`" not in said  # it is not among the files


def test_without_answers_a_card_claims_no_wrong_label() -> None:
    found = blocks(values(audit=UNREAD, dropped={"tie": 3}))
    unknown = "how many labels are wrong is not known: nobody has read any rows"
    assert unknown in found["summary"]
    assert unknown in found["labels"].replace("How many", "how many")
    whole = "\n".join(found.values())
    assert "likely flipped" not in whole
    assert "of the labels are wrong" not in whole
    assert "of the labels are wrong" in "\n".join(blocks(values(audit=report())).values())


def test_an_audit_without_power_says_why_nothing_is_judged() -> None:
    weak = report(labels=labels(judged=False), reviewed=None)
    said = blocks(values(audit=weak, files=(file("report/report.json"),)))
    assert "**The audit flagged no row**" in said["labels"]
    assert "the audit flagged no row" in said["summary"]
    assert "labels are wrong" not in said["labels"]


def test_an_audit_whose_report_is_not_at_hand() -> None:
    entry_only = values(audit=report())
    said = blocks(CardValues(**vars(entry_only) | {"audit": None}))["labels"]
    assert "0.77" in said and "0.84" in said
    assert "According to people's answers, 1.9% to 6.3% of the labels are wrong." in said
    untrained = report(labels=None)
    audited = AuditEntry(
        fingerprint=FINGERPRINT, pairs=3, accuracy=None, auroc=None, is_judged=False
    )
    manifest = values().manifest.model_copy(update={"audit": audited})
    none = CardValues(**vars(values()) | {"audit": untrained, "manifest": manifest})
    assert "no model was trained" in blocks(none)["labels"]
    assert "**not judged**" in blocks(none)["summary"]


def test_figures_that_are_not_known_are_told_as_such() -> None:
    found = labels().model_copy(update={"accuracy": nothing("too few")})
    assert "not known" in blocks(values(audit=report(labels=found)))["labels"]


def test_files_are_told_by_dialect_and_by_name() -> None:
    many = [source(f"{n}.jsonl", "hh" if n % 2 else "pairs", n % 2) for n in range(300)]
    said = blocks(values(sources=tuple(many)))["sources"]
    assert "| hh | chosen is better | 150 | 1,500 |" in said.splitlines()
    assert "| `7.jsonl` | hh | 10 | 1 |" in said.splitlines()
    assert "And 200 more; `manifest.json` names them all." in said
    assert "more;" not in blocks(values(sources=tuple(many[:MOST_SOURCES])))["sources"]


def test_how_it_was_made() -> None:
    config = {"split": {"test": 0.2}, "encoder": {"cache": "/home/me"}, "title": "A ``` b"}
    said = blocks(values(config=config, left_out=("ledger",)))["made"]
    assert "````yaml\ntitle: A ``` b\nsplit:\n  test: 0.2\n````" in said
    assert "prefdata build SOURCES... --config build.yaml --out OUT" in said
    assert "/home/me" not in said and "Not published with it: `ledger/`" in said
    defaults = blocks(values())["made"]
    assert "With the defaults:" in defaults and "prefdata build SOURCES... --out OUT" in defaults
    audited = blocks(values(audit=report()))["made"]
    assert "--out OUT\nprefdata audit OUT\n" in audited


def test_the_same_values_give_the_same_text() -> None:
    assert blocks(values(audit=report())) == blocks(values(audit=report()))


HOSTILE = (
    "1. a",
    "- a",
    "*a*",
    "a|b",
    "<b>",
    "&lt;",
    "[a](b)",
    "`a`",
    "a\n# b",
    "$x$",
    "~a~",
    "\\",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_of_data_means_nothing_in_markdown(hostile: str) -> None:
    from markdown_it import MarkdownIt

    page = MarkdownIt("commonmark").enable("table").enable("strikethrough")
    cell = page.render(table(("a", "b"), [(escaped(hostile), "x")]))
    plain = hostile.replace("\n", " ").replace("&", "&amp;").replace("<", "&lt;")
    assert f"<td>{plain.replace('>', '&gt;')}</td>\n<td>x</td>" in cell
    assert page.render(escaped(hostile)) == f"<p>{plain.replace('>', '&gt;')}</p>\n"


@pytest.mark.parametrize(
    "hostile", [*HOSTILE, "www.evil.example/a", "a@b.example", " a`", "``", "a\\|b", "\u202ea"]
)
def test_names_of_files_are_shown_as_they_are(hostile: str) -> None:
    from markdown_it import MarkdownIt

    page = MarkdownIt("commonmark").enable("table")
    cell = page.render(table(("a", "b"), [(coded(hostile), "x")]))
    shown = hostile.replace("\n", " ").replace("\u202e", " ")
    assert f"<td><code>{html.escape(shown, quote=False)}</code></td>\n<td>x</td>" in cell


@pytest.mark.parametrize("hostile", ["```", "````\n# a", "a ``` b", "<!-- x -->"])
def test_nothing_ends_a_code_block(hostile: str) -> None:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").parse(fenced(hostile, "yaml"))
    assert [token.type for token in tokens] == ["fence"]
    assert tokens[0].content == f"{hostile}\n"


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "偏好", "{x}", "\x00"])
def test_names_in_code_are_literals(name: str) -> None:
    assert eval(quoted(name)) == name
    code = blocks(values(where=Where(kind="url", name=f"memory://{name}")))["loading"]
    for snippet in re.findall(r"```python\n(.*?)\n```", code, re.DOTALL):
        compile(snippet, "card", "exec")


def test_signs_that_turn_a_line_round_are_spelled_out() -> None:
    assert yaml_of({"a": "偏好"}) == "a: 偏好\n"
    assert "\u202e" not in yaml_of({"a": "x\u202ey"})
