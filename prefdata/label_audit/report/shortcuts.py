"""Shortcuts: how well labels can be predicted without reading what should decide a preference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.judge.judged import Judged
from prefdata.label_audit.judge.small_fit import held_out
from prefdata.label_audit.report.pair_facts import PairFacts
from prefdata.records.arrays import Ints
from prefdata.results.audit import Shortcut
from prefdata.results.sentences import Sentence, joined
from prefdata.results.training import Estimate
from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate
from prefdata.transforms.metrics.pairwise import points
from prefdata.transforms.texts.controls import Controls, Family

_ABSENT: dict[Family, str] = {
    "length": "shortcut.no-length",
    "position": "shortcut.no-position",
    "format": "shortcut.no-format",
    "source": "shortcut.no-source",
    "refusal": "shortcut.no-refusal",
    "model": "shortcut.no-model",
}
"""The families of controls in the order of the report, and the code of the sentence for a family
that the data lack.
"""

_REMARKS: dict[Family, str] = {"position": "constant-position"}


def shortcuts(
    judged: Judged,
    facts: PairFacts,
    controls: Controls,
    config: AuditConfig,
    blind: tuple[str, ...],
) -> tuple[Shortcut, ...]:
    """Held-out accuracy of each family of controls, and of the best view of `blind`.

    A tie counts half, so that 0.5 is the level of chance. Position is used as it stands (the
    completion that stood first is better), the others are learnt across folds by group. A family
    that the data lack is listed without a number, with the reason. `blind`: names of views that see
    the completions without the prompt.
    """
    draw = Bootstrap(seed=config.seed)
    families = [_family(name, facts, controls, config, draw) for name in _ABSENT]
    return *families, _prompt_blind(judged, facts.groups, blind, draw)


def _family(
    name: Family, facts: PairFacts, controls: Controls, config: AuditConfig, draw: Bootstrap
) -> Shortcut:
    values = controls.of(name)
    if not values.size or not values.any():
        why = controls.remarks.get(_REMARKS.get(name, "")) or Sentence(_ABSENT[name])
        return Shortcut(name=name, accuracy=_none(why), says=why)
    if name == "position":
        margins = values[:, 0].astype(np.float64)
    else:
        margins = held_out(values, facts.groups, config.folds, config.seed)
    accuracy = estimate(points(margins, halve_ties=True), facts.groups, draw)
    return Shortcut(name=name, accuracy=accuracy, says=_says(name, facts, controls))


def _says(name: Family, facts: PairFacts, controls: Controls) -> Sentence:
    """The direction of the effect: `the longer completion is chosen in 71% of 12,000 pairs`."""
    values = controls.of(name)
    if name == "length":
        chosen, rejected = facts.lengths
        return Sentence("shortcut.length", **_counted(chosen - rejected))
    if name == "position":
        return Sentence("shortcut.position", **_counted(values[:, 0]))
    if name == "refusal":
        return Sentence("shortcut.refusal", **_counted(values[:, 0]))
    columns = zip(controls.names, controls.families, strict=True)
    names = [column for column, family in columns if family == name]
    place = _strongest(values)
    code = "shortcut.model" if name == "model" else "shortcut.column"
    sentence = Sentence(code, name=names[place], **_counted(values[:, place]))
    if len(names) == 1:
        return sentence
    return joined(sentence, Sentence("shortcut.columns", columns=len(names)))


def _counted(differences: npt.NDArray[Any]) -> dict[str, float]:
    """The number of pairs that differ, and the share of them in which chosen has more."""
    pairs = int(np.count_nonzero(differences))
    share = np.count_nonzero(differences > 0) / pairs if pairs else 0.0
    return {"pairs": pairs, "share": float(share)}


def _strongest(values: npt.NDArray[Any]) -> int:
    """The column whose signs differ most from chance, in standard errors."""
    signs = np.sign(values).astype(np.float64)
    differ = np.abs(signs).sum(axis=0)
    return int(np.argmax(np.abs(signs.sum(axis=0)) / np.sqrt(np.maximum(differ, 1))))


def _prompt_blind(
    judged: Judged, groups: Ints, blind: tuple[str, ...], draw: Bootstrap
) -> Shortcut:
    name = "prompt-blind"
    scored = {
        view: points(judged.margins[place].mean(axis=0), halve_ties=True)
        for place, view in enumerate(judged.names)
        if view in blind
    }
    if not scored:
        why = Sentence("shortcut.no-blind-view")
        return Shortcut(name=name, accuracy=_none(why), says=why)
    best = max(scored, key=lambda view: float(scored[view].mean()) if len(groups) else 0.0)
    whole = points(judged.margin, halve_ties=True)
    says = Sentence("shortcut.blind-view", view=best, share=float(whole.mean() / 2))
    return Shortcut(name=name, accuracy=estimate(scored[best], groups, draw), says=says)


def _none(why: Sentence) -> Estimate:
    return Estimate(pairs=0, groups=0, value=None, low=None, high=None, absent=why)
