"""What the audit said of the labels: every figure beside what chance and length alone reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prefdata.reports.card_markdown import counted, escaped, listed, paragraphs, percent, table
from prefdata.reports.card_values import CardValues
from prefdata.verdicts.audit import Detection, Labels
from prefdata.verdicts.model import AuditEntry
from prefdata.verdicts.training import Estimate

LIKELY = "likely-flipped"

_NULLS = (
    ("one reward for all", ""),
    ("length alone", "length-only"),
    ("labels that mean nothing", "label-shuffled"),
)
"""The nulls of an accuracy in the order of the report, and their names among detections."""


def length_alone(values: CardValues) -> float | None:
    """Accuracy of nothing but length; None where it is not known."""
    labels = values.audit.labels if values.audit else None
    return labels.nulls[1].value if labels is not None and len(labels.nulls) > 1 else None


def glance_at_labels(values: CardValues) -> str:
    """One line on the labels."""
    entry = values.manifest.audit
    if entry is None:
        return "**not audited**: nobody has looked whether they are right"
    alone = length_alone(values)
    beside = "" if alone is None else f", length alone {_number(alone)}, chance 0.5"
    return f"held-out pairwise accuracy {_number(entry.accuracy)}{beside}; {flipped(values)}"


def flipped(values: CardValues) -> str:
    """How many labels are likely the wrong way round, and what became of them."""
    entry = values.manifest.audit
    if entry is None or not entry.is_judged:
        return "single labels were not judged"
    dropped = values.manifest.counts.dropped.get(LIKELY, 0)
    kept = max(entry.likely_flipped - dropped, 0)
    share = (
        f"{counted(entry.likely_flipped, 'label')} ({percent(entry.likely_flipped, entry.pairs)})"
    )
    if not entry.likely_flipped:
        return "no label is likely flipped"
    fates = [f"{n:,} {fate}" for n, fate in ((dropped, "dropped"), (kept, "kept")) if n]
    return f"{share} likely flipped: {listed(fates)}"


def labels_section(values: CardValues) -> str:
    """The section on the audit, or why there is none."""
    entry = values.manifest.audit
    labels = values.audit.labels if values.audit else None
    if entry is None:
        said = [
            "Nobody has looked: these labels were not audited. `prefdata audit` trains models "
            "across folds, which judge every label without having seen it, and measures whether "
            "they would find wrong ones."
        ]
    elif labels is None:
        said = list(_without_report(entry, values))
    else:
        said = list(_with_report(entry, labels, values))
    return paragraphs("## Are the labels right?", *said)


def _without_report(entry: AuditEntry, values: CardValues) -> Iterator[str]:
    if entry.accuracy is None:
        yield f"An audit was made of {counted(entry.pairs, 'pair')}, and no model was trained."
        return
    yield (
        f"Models that were trained across folds judged {counted(entry.pairs, 'pair')} that they "
        f"never saw: pairwise accuracy {_number(entry.accuracy)}. Flips that were planted in "
        f"copies of the data they find with an AUROC of {_number(entry.auroc)}. The report, which "
        "has the nulls beside these figures, is not here."
    )
    yield f"{_sentence(flipped(values))}.{_between(entry.prior)}"


def _with_report(entry: AuditEntry, labels: Labels, values: CardValues) -> Iterator[str]:
    views = [f"`{view.name}`" for view in labels.views if view.weight is not None]
    yield (
        f"{counted(labels.pairs, 'pair')} were judged, each by models that were trained on other "
        f"prompts and never saw its label, by {listed(views) if views else 'all views'}. "
        "In brackets: 95% intervals, by groups of prompts."
    )
    head = ("", "pairwise accuracy", "AUROC for planted flips")
    yield table(head, _figures(labels), numbers=2)
    power = labels.power
    yield (
        f"Planted flips: {percent(power.flips)} of the labels were turned in "
        f"{counted(power.copies, 'copy').replace('copys', 'copies')} of the data. An audit that "
        "cannot find these says nothing of single labels."
    )
    if not labels.is_judged:
        yield f"**Single labels were not judged**: {escaped(labels.why_not or 'the self-test failed')}"
    elif entry.likely_flipped:
        yield (
            f"{_sentence(flipped(values))}. `report/` names them."
            if _has_report(values)
            else f"{_sentence(flipped(values))}."
        )
    else:
        yield "No label is likely flipped."
    yield (
        f"{_between((labels.prior.low, labels.prior.high)).strip()} How that is known: "
        f"{escaped(labels.prior.made)}."
    )
    if values.audit is not None and values.audit.reviewed is not None:
        reviewed = values.audit.reviewed
        said = [f"{rows:,} {decision}" for decision, rows in reviewed.decisions.items() if rows]
        yield f"People reviewed {counted(reviewed.rows, 'row')}: {escaped(', '.join(said))}."


def _figures(labels: Labels) -> Iterator[Sequence[str]]:
    found = {detection.name: detection for detection in labels.power.detections}
    yield "**all views together**", _interval(labels.accuracy), _auroc(found.get("all"))
    for (name, detection), null in zip(_NULLS, labels.nulls, strict=False):
        yield f"{name} (null)", _interval(null), _auroc(found.get(detection))


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


def _between(prior: tuple[float, float] | None) -> str:
    if prior is None:
        return ""
    return f" Between {percent(prior[0])} and {percent(prior[1])} of all labels are wrong."


def _has_report(values: CardValues) -> bool:
    return "report" in values.parts


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
