"""The labels section of a card: the figures of the audit, each beside its baselines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prefdata.reports.card.markdown import counted, escaped, listed, paragraphs, percent, table
from prefdata.reports.card.values import CardValues
from prefdata.results.audit import Detection, LabelAuditResult
from prefdata.results.manifest import AuditEntry
from prefdata.results.training import Estimate

SUSPECTED = "suspected"

_BASELINES = (
    ("one reward for all", ""),
    ("length alone", "length-only"),
    ("labels that mean nothing", "label-shuffled"),
)
"""Baselines in the order of the report: name in the card, name among `Power.detections`."""


def length_alone(values: CardValues) -> float | None:
    """Accuracy of the length-only baseline (0 to 1); None if it is not known."""
    labels = values.audit.labels if values.audit else None
    return labels.baselines[1].value if labels is not None and len(labels.baselines) > 1 else None


def flipped(values: CardValues) -> str:
    """A clause on how many labels are wrong, as far as people's answers tell."""
    entry, dropped = values.manifest.audit, values.manifest.counts.dropped.get(SUSPECTED, 0)
    if entry is None or not entry.is_judged:
        return "the audit flagged no row"
    if entry.wrong is None:
        return "how many labels are wrong is not known: nobody has read any rows"
    low, high = (percent(end) for end in entry.wrong)
    left_out = f"; {counted(dropped, 'suspected row')} dropped" if dropped else ""
    return f"according to people's answers, {low} to {high} of the labels are wrong{left_out}"


def glance_at_labels(values: CardValues) -> str:
    """The line on labels of the table at the top of a card."""
    entry = values.manifest.audit
    if entry is None and values.audit is None:
        return "**not audited**: nobody has checked whether they are right"
    if entry is None or entry.accuracy is None:
        return "**not judged**: the audit trained no model"
    alone = length_alone(values)
    beside = "" if alone is None else f", of length alone {_number(alone)}"
    accuracy = f"held-out accuracy of the audit's models {_number(entry.accuracy)}"
    return f"{accuracy}{beside}, of chance 0.50; {flipped(values)}"


def labels_section(values: CardValues) -> str:
    """The section on the labels; without an audit, it says that they were not audited."""
    entry = values.manifest.audit
    labels = values.audit.labels if values.audit else None
    if entry is None and values.audit is None:
        texts = [
            "The labels were not audited. `prefdata audit` on the output folder scores each label "
            "out-of-fold, with models that were not trained on it, and measures whether they would "
            "find wrong labels."
        ]
    elif entry is None or (labels is None and entry.accuracy is None):
        texts = ["An audit was made, but no model was trained: nothing is known of the labels."]
    elif labels is None:
        texts = list(_without_report(entry, values))
    else:
        texts = list(_with_report(entry, labels, values))
    return paragraphs("## Are the labels right?", *texts)


def _without_report(entry: AuditEntry, values: CardValues) -> Iterator[str]:
    yield (
        f"{counted(entry.pairs, 'pair')} were scored out-of-fold, by models that were not trained "
        f"on them: pairwise accuracy {_number(entry.accuracy)}. In copies of the data, the models "
        f"find planted flips with an AUROC of {_number(entry.auroc)}. The report, which compares "
        "these figures with baselines, is not here."
    )
    yield f"{_capitalised(flipped(values))}."


def _with_report(entry: AuditEntry, labels: LabelAuditResult, values: CardValues) -> Iterator[str]:
    views = [f"`{view.name}`" for view in labels.views if view.weight is not None]
    by = f", by {listed(views)}" if views else ""
    yield (
        f"{counted(labels.pairs, 'pair')} were scored out-of-fold: by models that were trained on "
        f"other groups of prompts{by}. Baselines that know nothing about quality are shown for "
        "comparison. In brackets: 95% intervals, by groups."
    )
    head = ("", "pairwise accuracy", "finds planted flips (AUROC)")
    yield table(head, _figures(labels), numbers={1, 2})
    copies = counted(labels.power.copies, "copy", "copies")
    yield (
        f"Planted flips: in {copies} of the data {percent(labels.power.flips)} of the labels were "
        "flipped. An audit that does not find these flags no row."
    )
    if labels.is_judged:
        yield f"{_capitalised(flipped(values))}."
    else:
        why = escaped(labels.why_not or "the self-test finds too few of the planted flips")
        yield f"**The audit flagged no row**: {why.rstrip('.')}."
    yield _reviewed(values)


def _reviewed(values: CardValues) -> str:
    reviewed = values.audit.reviewed if values.audit else None
    if reviewed is None:
        return ""
    decisions = [f"{rows:,} {decision}" for decision, rows in reviewed.decisions.items() if rows]
    return f"People reviewed {counted(reviewed.rows, 'row')}: {escaped(', '.join(decisions))}."


def _figures(labels: LabelAuditResult) -> Iterator[Sequence[str]]:
    detections = {detection.name: detection for detection in labels.power.detections}
    yield "**all views together**", _interval(labels.accuracy), _auroc(detections.get("all"))
    for (name, detection), baseline in zip(_BASELINES, labels.baselines, strict=False):
        yield f"{name} (null)", _interval(baseline), _auroc(detections.get(detection))


def _interval(estimate: Estimate) -> str:
    return _figure(estimate.value, estimate.low, estimate.high)


def _auroc(detection: Detection | None) -> str:
    if detection is None:
        return ""
    return _figure(detection.auroc, detection.low, detection.high)


def _figure(value: float | None, low: float | None, high: float | None) -> str:
    interval = "" if low is None or high is None else f" ({low:.2f}–{high:.2f})"
    return _number(value) + interval


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f}"


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]
