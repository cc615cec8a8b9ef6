"""A run of prefdata for its ledger: what became of every row."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from measure import Cost
from running import demand_success, ran, scratch_in


@dataclass(frozen=True)
class Run:
    """What a run left behind and what it cost."""

    ledger: pl.DataFrame
    manifest: dict[str, Any]
    cost: Cost

    def reasons(self) -> dict[int, set[str]]:
        """All that was said of each row, whether it was dropped for it or not."""
        said: dict[int, set[str]] = {}
        for row, reason, flags in self.ledger.select("row", "reason", "flags").iter_rows():
            said[row] = {flag["reason"] for flag in flags or []} | ({reason} if reason else set())
        return said

    def with_reason(self, reason: str) -> set[int]:
        """The rows of which this was said."""
        return {row for row, said in self.reasons().items() if reason in said}

    def others(self) -> dict[int, int]:
        """Of dropped rows: the row that the verdict names besides."""
        return dict(self.ledger.drop_nulls("other").select("row", "other").iter_rows())

    def kept(self) -> set[int]:
        """The rows that stayed."""
        return set(self.ledger.filter(verdict="keep")["row"].to_list())

    def splits(self) -> dict[int, str]:
        """The split of every kept row."""
        kept = self.ledger.filter(verdict="keep")
        return dict(kept.select("row", "split").iter_rows())


def run_of(
    prefdata: list[str], command: str, sources: list[Path], config: dict[str, Any], work: Path
) -> Run:
    """Runs `prefdata build` or `prefdata dedupe` on some files with a config."""
    with scratch_in(work) as (scratch, env):
        settings, out = scratch / "config.yaml", scratch / "out"
        settings.write_text(json.dumps(config), encoding="utf-8")  # YAML holds all of JSON
        asked = [*prefdata, command, *map(str, sources), "--out", str(out), "--quiet"]
        cost = ran([*asked, "--config", str(settings)], scratch, env)
        demand_success(f"prefdata {command}", cost)
        ledger = pl.read_parquet(out / "ledger" / "*.parquet")
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return Run(ledger, manifest, cost)
