"""Step 2: applies the rules to all records; results are verdicts and a tally."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from prefdata.config.model import CheckConfig
from prefdata.config.section import Level
from prefdata.engines.engine import Engine
from prefdata.io.files.shards import Shard, read_records, read_table, write_table
from prefdata.preflight import (
    load_tokenizer,
    preflight,
    tokenizer_findings,
    tokenizer_identity,
)
from prefdata.preflight.tokenizer import Tokenizer
from prefdata.records.arrays import Ints
from prefdata.records.columns import SIDES
from prefdata.records.finding import Finding
from prefdata.records.texts import TextView
from prefdata.results.sentences import Sentence, sentence_json
from prefdata.rules.registry import active_rules, level_of
from prefdata.rules.rule import Rule, examine_batch
from prefdata.steps.once import once
from prefdata.steps.read.tally import FindingExample, Tally
from prefdata.steps.verdict_tables import DROP, FLAG, VERDICT_SCHEMA, evidence_of, verdict_file
from prefdata.transforms.texts.length import Lengths, character_lengths
from prefdata.transforms.texts.script import SCRIPTS, script_codes


@dataclass(frozen=True)
class Checks:
    """The active rules, ready to be applied in any process."""

    config: CheckConfig

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return active_rules(self.config.rules)

    @property
    def identity(self) -> str:
        """Text for a fingerprint: it changes whenever the findings could change."""
        name = self.config.tokenizer
        beside = "" if name is None else tokenizer_identity(loaded_tokenizer(name))
        return self.config.model_dump_json() + beside

    def level(self, code: str) -> Level:
        return level_of(code, self.config.rules)

    def of_rows(self, batch: pa.RecordBatch, view: TextView) -> list[Finding]:
        """The findings on the rows of a batch, ascending by row."""
        findings = examine_batch(batch, self.rules, view)
        if self.config.tokenizer is None:
            return findings
        ahead = preflight(batch, loaded_tokenizer(self.config.tokenizer), self.config.max_length)
        return sorted([*findings, *(f for f in ahead if self.level(f.code) != "off")])

    def of_dataset(self, rows: int, with_margin: int) -> dict[str, Sentence]:
        """Findings on a dataset as a whole: code to evidence. `rows`: those that are in it, of
        which `with_margin` have a margin."""
        findings: dict[str, Sentence] = {}
        if 0 < with_margin < rows:
            findings["partial-margin"] = Sentence(
                "read.some-margins", with_margin=with_margin, rows=rows
            )
        if self.config.tokenizer is not None:
            findings |= tokenizer_findings(loaded_tokenizer(self.config.tokenizer))
        return {code: evidence for code, evidence in findings.items() if self.level(code) != "off"}


@lru_cache(maxsize=1)
def loaded_tokenizer(name: str) -> Tokenizer:
    return load_tokenizer(name)


def check(engine: Engine, shards: Sequence[Shard], checks: Checks, folder: Path) -> Iterator[Tally]:
    """Examines every shard: writes its verdicts to `folder/NUMBER.arrow` and yields its tally."""
    folder.mkdir(parents=True, exist_ok=True)
    return engine.map(partial(check_shard, checks=checks, folder=folder), shards)


def check_shard(shard: Shard, checks: Checks, folder: Path) -> Tally:
    """Examines one shard."""
    mark = folder / f"{shard.number:06d}.json"
    return once(mark, Tally, lambda: _check_shard(shard, checks, folder))


def _check_shard(shard: Shard, checks: Checks, folder: Path) -> Tally:
    tally = Tally()
    remarks = _remarks(shard)
    verdicts = []
    for batch in read_records(shard):
        sources = shard.sources_of(batch.column("row").to_numpy())
        findings = examine(batch, remarks, checks, sources, tally)
        verdicts.append(_verdicts(batch, findings, checks))
    write_table(verdict_file(folder, shard), verdicts, VERDICT_SCHEMA)
    return tally


def examine(
    batch: pa.RecordBatch,
    remarks: Mapping[int, list[tuple[str, str]]],
    checks: Checks,
    sources: Ints,
    tally: Tally,
) -> list[Finding]:
    """The findings on a batch, ascending by row; adds them and the text lengths to `tally`.

    `remarks`: row number to the (code, evidence) findings of the reader. `sources`: of each row.
    """
    view = TextView.of(batch)
    findings = checks.of_rows(batch, view)
    if remarks:
        findings = sorted([*findings, *_from_remarks(batch, remarks, checks)])
    if findings:
        places = batch.column("source_row").to_numpy()
        for finding in findings:
            place = int(places[finding.index])
            source = int(sources[finding.index])
            tally.find(finding.code, FindingExample(source, place, str(finding.evidence)))
    dropped = {finding.index for finding in findings if checks.level(finding.code) == "error"}
    _measure(batch, view, dropped, tally)
    return findings


def _from_remarks(
    batch: pa.RecordBatch, remarks: Mapping[int, list[tuple[str, str]]], checks: Checks
) -> Iterable[Finding]:
    for index, row in enumerate(batch.column("row").to_pylist()):
        for code, evidence in remarks.get(row, ()):
            if checks.level(code) != "off":
                yield Finding(index, code, evidence)


def _measure(batch: pa.RecordBatch, view: TextView, dropped: Set[int], tally: Tally) -> None:
    tally.records += len(batch)
    tally.left += len(batch) - len(dropped)
    margins = batch.column("margin")
    tally.with_margin += len(batch) - margins.null_count
    tally.with_margin -= sum(margins[index].is_valid for index in dropped)
    counts = np.bincount(script_codes(view), minlength=len(SCRIPTS))
    tally.scripts = [a + int(b) for a, b in zip(tally.scripts, counts, strict=True)]
    for side, texts in zip(SIDES, view.sides, strict=True):
        lengths = Lengths.of(character_lengths(texts))
        before = tally.lengths.get(side)
        tally.lengths[side] = lengths if before is None else before.merge(lengths)


def _verdicts(batch: pa.RecordBatch, findings: Sequence[Finding], checks: Checks) -> pa.RecordBatch:
    rows = batch.column("row")
    return pa.RecordBatch.from_pylist(
        [
            {
                "row": rows[finding.index].as_py(),
                "verdict": DROP if checks.level(finding.code) == "error" else FLAG,
                "reason": finding.code,
                "evidence": finding.evidence,
                "other": None,
                "sentence": sentence_json(finding.evidence),
            }
            for finding in findings
        ],
        schema=VERDICT_SCHEMA,
    )


def _remarks(shard: Shard) -> dict[int, list[tuple[str, str]]]:
    remarks: dict[int, list[tuple[str, str]]] = {}
    for batch in read_table(shard.remarks):
        for row in batch.to_pylist():
            remarks.setdefault(row["row"] + shard.first_row, []).append(
                (row["code"], evidence_of(row["evidence"], row["sentence"]))
            )
    return remarks
