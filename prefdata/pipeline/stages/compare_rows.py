"""The middle of a build: rows compared with one another, and what must stay together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import BuildConfig
from prefdata.engines.engine import Engine
from prefdata.pipeline.stages.prepare import Prepared
from prefdata.pipeline.stages.preview import Preview, preview_of
from prefdata.pipeline.stages.reward_filter import Judgement
from prefdata.pipeline.stages.semantic_filters import Meaning
from prefdata.steps.compare.against import find_overlaps, only_equal
from prefdata.steps.compare.cycles import find_cycles
from prefdata.steps.compare.exact import find_exact, make_keys
from prefdata.steps.compare.groups import find_groups, split_file
from prefdata.steps.compare.near import find_near
from prefdata.steps.compare.near_prompts import edges_file, find_near_prompts
from prefdata.steps.progress import Report
from prefdata.steps.reward.scorer import Scorer
from prefdata.steps.verdict_tables import Tables

Result = TypeVar("Result")


@dataclass(frozen=True)
class Compared:
    """What the steps have left for the writing."""

    keys: list[Path]
    verdicts: Tables
    sides: Path
    remarks: dict[str, str]
    identity: str


@dataclass
class Comparisons:
    """The steps that look at rows together. Each has a folder, named by what it depends on."""

    ready: Prepared
    engine: Engine
    place: Path
    config: BuildConfig
    report: Report
    verdicts: Tables = field(init=False)
    identity: str = field(init=False)
    remarks: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.verdicts, self.identity = self.ready.verdicts, self.ready.identity

    def run(self) -> Compared:
        """All of them, in order; a step that was done before is read from its folder."""
        keys = self._texts_compared()
        if self.config.meaning.is_on:
            meaning = self._meaning(keys)
            meaning.run()
            self.verdicts, self.identity = meaning.verdicts, meaning.identity
            self.remarks |= meaning.remarks
        if self.ready.scorer is not None:
            self._judged(self.ready.scorer)
        sides = self._groups(keys)
        return Compared(keys, self.verdicts, sides, self.remarks, self.identity)

    def look_ahead(self, rows: int) -> Preview:
        """What the filters on embeddings would do with what the steps before them leave."""
        meaning = self._meaning(self._texts_compared())
        found, looked_at = meaning.preview()
        return preview_of(found, self.ready, rows, looked_at, self.remarks | meaning.remarks)

    def _texts_compared(self) -> list[Path]:
        self._against()
        keys = make_keys(self.engine, self.ready.shards, self.verdicts, self._folder("keys"))
        self._exact(keys)
        self._cycles(keys)
        self._near(keys)
        return keys

    def _meaning(self, keys: list[Path]) -> Meaning:
        return Meaning(
            self.ready,
            self.engine,
            self.place,
            self.config,
            self.report,
            keys,
            self.verdicts,
            self.identity,
        )

    def _judged(self, scorer: Scorer) -> None:
        judgement = Judgement(
            self.ready.shards,
            scorer,
            self.engine,
            self.place,
            self.config.reward.filter,
            self.report,
            self.verdicts,
            self.identity,
        )
        judgement.run()
        self.verdicts, self.identity = judgement.verdicts, judgement.identity
        for code, said in judgement.remarks.items():
            self._remark(code, said)

    def _against(self) -> None:
        config, evaluation = self.config.against, self.ready.evaluation
        if evaluation is None:
            return
        folder = self._folder(
            "against", {"evaluation": evaluation.fingerprint}, config.model_dump()
        )
        self._told(
            "against",
            lambda: find_overlaps(
                self.engine, self.ready.shards, self.verdicts, config, evaluation, folder
            ),
        )
        self.verdicts = self.verdicts.then("against", folder / "verdicts.arrow")
        said = list(evaluation.remarks())
        common = only_equal(evaluation, config, folder)
        if common:
            said.append(
                f"{common:,} evaluation prompts consist of n-grams that too many others share "
                "(against.common): only rows equal to them are found"
            )
        if said:
            self.remarks["evaluation"] = "; ".join(said)

    def _exact(self, keys: list[Path]) -> None:
        configs = (self.config.exact, self.config.labels)
        folder = self._folder("exact", *(c.model_dump() for c in configs))
        self._told("exact", lambda: find_exact(self.engine, keys, configs, folder))
        self.verdicts = self.verdicts.then("exact", folder / "verdicts.arrow")

    def _cycles(self, keys: list[Path]) -> None:
        labels = self.config.labels
        if labels.cycles == "off":
            return
        folder = self._folder("cycles", labels.model_dump())
        self._told("cycles", lambda: find_cycles(self.engine, keys, self.verdicts, labels, folder))
        self.verdicts = self.verdicts.then("cycles", folder / "verdicts.arrow")

    def _near(self, keys: list[Path]) -> None:
        near, labels = self.config.near, self.config.labels
        if near.action == "off":
            return
        folder = self._folder("near", near.model_dump(), labels.model_dump())
        found = self._told(
            "near",
            lambda: find_near(
                self.engine,
                self.ready.shards,
                keys,
                self.verdicts,
                (near, labels),
                self.ready.names,
                folder,
            ),
        )
        self._crowded("near-duplicates", found.skipped)
        self.verdicts = self.verdicts.then("near", folder / "verdicts.arrow")

    def _groups(self, keys: list[Path]) -> Path:
        split, near = self.config.split, self.config.near
        folder = self._folder("prompts", split.model_dump(), near.model_dump())
        found = self._told(
            "prompts",
            lambda: find_near_prompts(self.engine, self.ready.shards, keys, (split, near), folder),
        )
        self._crowded("similar prompts", found.skipped)
        edges = edges_file(folder)
        folder = self._folder("groups", split.model_dump())
        said = self._told(
            "groups",
            lambda: find_groups(
                keys, self.ready.shards, self.verdicts, edges, split, self.ready.names, folder
            ),
        )
        self.verdicts = self.verdicts.then("groups", folder / "verdicts.arrow")
        self.remarks |= said.remarks
        return split_file(folder)

    def _folder(self, step: str, *parts: Mapping[str, object]) -> Path:
        self.identity = fingerprint(self.identity, *parts) if parts else self.identity
        return self.place / f"{step}-{self.identity}"

    def _told(self, step: str, work: Callable[[], Result]) -> Result:
        self.report(step, 0, 1)
        result = work()
        self.report(step, 1, 1)
        return result

    def _crowded(self, what: str, skipped: int) -> None:
        if skipped:
            said = (
                f"looking for {what}, up to {skipped:,} pairs that share a crowded band were not "
                f"compared (near.crowd: {self.config.near.crowd})"
            )
            self._remark("uncompared", said)

    def _remark(self, code: str, said: str) -> None:
        before = self.remarks.get(code)
        self.remarks[code] = f"{before}; {said}" if before else said
