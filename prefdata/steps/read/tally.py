"""Tallies of examined rows: counts that can be added, whatever the order of the parts."""

from __future__ import annotations

import msgspec

from prefdata.results.validation import EXAMPLES
from prefdata.transforms.texts.length import Lengths
from prefdata.transforms.texts.script import SCRIPTS


class FindingExample(msgspec.Struct, frozen=True):
    """One row that a rule found."""

    source: int
    source_row: int
    evidence: str


class Tally(msgspec.Struct):
    """Counts of some rows. `findings`: code to rows; `examples`: code to the first rows found.

    `left`: records without a finding at error level; `with_margin`: those of them with a margin.
    """

    records: int = 0
    left: int = 0
    with_margin: int = 0
    findings: dict[str, int] = {}
    examples: dict[str, list[FindingExample]] = {}
    scripts: list[int] = msgspec.field(default_factory=lambda: [0] * len(SCRIPTS))
    lengths: dict[str, Lengths] = {}

    def find(self, code: str, example: FindingExample) -> None:
        """Counts one finding, and keeps it as an example if the code has few so far."""
        self.findings[code] = self.findings.get(code, 0) + 1
        examples = self.examples.setdefault(code, [])
        if len(examples) < EXAMPLES:
            examples.append(example)

    def add(self, other: Tally) -> None:
        """Adds the counts of the rows that follow."""
        self.records += other.records
        self.left += other.left
        self.with_margin += other.with_margin
        for code, rows in other.findings.items():
            self.findings[code] = self.findings.get(code, 0) + rows
        for code, examples in other.examples.items():
            mine = self.examples.setdefault(code, [])
            mine.extend(examples[: EXAMPLES - len(mine)])
        self.scripts = [a + b for a, b in zip(self.scripts, other.scripts, strict=True)]
        for side, lengths in other.lengths.items():
            self.lengths[side] = (
                self.lengths[side].merge(lengths) if side in self.lengths else lengths
            )
