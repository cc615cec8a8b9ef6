"""The publication gate: checks the audit and the manifest of a dataset against limits.

Without a limit in the config the audit provides it: held-out accuracy must exceed the best
baseline, and the self-test must reach the AUROC that the audit requires to judge single labels.
If a value has an interval its lower end is compared, so a dataset too small to show it fails.
"""

from __future__ import annotations

from collections.abc import Iterator

from prefdata.config.gate import GateConfig
from prefdata.results.audit import AuditReport, Detection, LabelAuditResult, Reviewed
from prefdata.results.gate import Criterion, Gate
from prefdata.results.manifest import Counts, Manifest, equation
from prefdata.results.training import Estimate

DROPPED_LATER = ("suspected", "reviewed-drop", "reviewed-flip")
"""Reasons by which a build drops rows that its audit looked at."""

_BASELINES = ("one reward for all", "length only", "shuffled labels")
_READ = "Read report/index.html"
_AUDIT = "Audit it (prefdata audit OUT, or audit.run in the build)"


def gate_of(
    manifest: Manifest, report: AuditReport | None, config: GateConfig, *, why_not: str = ""
) -> Gate:
    """Checks each criterion on a manifest and on the audit report of the same folder.

    `report`: None if there is no report that belongs to the manifest. `why_not`: why a report that
    is there cannot be used; the gate then fails, whatever else the config allows.
    """
    criteria = (*_of_audit(manifest, report, config, why_not), _kept(manifest.counts, config))
    return Gate(passes=all(criterion.holds for criterion in criteria), criteria=criteria)


def _of_audit(
    manifest: Manifest, report: AuditReport | None, config: GateConfig, why_not: str
) -> Iterator[Criterion]:
    if why_not:
        yield _no_audit(why_not, holds=False)
        return
    if report is None:
        was_there = manifest.audit is not None  # a copy that was published without it
        says = "the report of the audit was left out" if was_there else "no audit of the labels"
        yield _no_audit(says, holds=config.allow_unaudited)
        return
    labels = report.labels
    if labels is None:
        why = report.remarks.get("not-audited", "no label was audited").rstrip(".")
        yield _no_audit(why, holds=config.allow_unaudited)
        return
    if mismatch := _other_rows(manifest, report, labels):
        yield _no_audit(mismatch, holds=False)
        return
    yield Criterion(name="audit", holds=True, says=f"of these data, {labels.pairs:,} pairs")
    yield _accuracy(labels, config)
    yield _self_test(labels, config)
    yield _flipped(report.reviewed, config)


def _no_audit(says: str, *, holds: bool) -> Criterion:
    to_do = f"{_AUDIT}; --allow-unaudited lets data through that cannot be audited"
    return Criterion(name="audit", holds=holds, says=says, to_do=to_do)


def _other_rows(manifest: Manifest, report: AuditReport, labels: LabelAuditResult) -> str:
    """Why the report belongs to other data than the manifest; an empty string if it does not."""
    entry, counts = manifest.audit, manifest.counts
    if entry is None or entry.fingerprint != report.fingerprint:
        return "report/report.json is not the report that the manifest names"
    if report.counts != counts:
        return (
            f"the report counts other rows than the manifest: {equation(report.counts)} in "
            f"report/report.json, {equation(counts)} in manifest.json"
        )
    dropped = sum(counts.dropped.get(reason, 0) for reason in DROPPED_LATER)
    if labels.pairs not in (counts.kept, counts.kept + dropped):
        return f"the audit is of {labels.pairs:,} pairs, and {counts.kept:,} rows are kept"
    return ""


def _accuracy(labels: LabelAuditResult, config: GateConfig) -> Criterion:
    """Held-out accuracy above the baselines: length or chance must not predict labels as well."""
    accuracy = labels.accuracy
    baselines = [
        (baseline.value or 0.0, name)
        for baseline, name in zip(labels.baselines, _BASELINES, strict=False)
    ]
    best, name = max(baselines, default=(0.5, _BASELINES[0]))
    limit = best if config.accuracy is None else config.accuracy
    low = _low(accuracy)
    if config.accuracy is None:
        holds, asked = low is not None and low > limit, f"above {limit:.3f} ({name})"
    else:
        holds, asked = low is not None and low >= limit, f"{limit:.3f} or more"
    return Criterion(
        name="accuracy",
        holds=holds,
        says=f"held out {_between(accuracy)}; asked: lower end {asked}",
        value=low,
        limit=limit,
        to_do=f"{_READ}: models learn too little from these labels. More rows, or other "
        "sources; --accuracy sets another limit",
    )


def _self_test(labels: LabelAuditResult, config: GateConfig) -> Criterion:
    """AUROC of the self-test: without detected flips, a lack of suspects proves nothing."""
    detection = next(
        (candidate for candidate in labels.power.detections if candidate.name == "all"), None
    )
    limit = labels.power.at_least if config.auroc is None else config.auroc
    low = detection.low if detection is not None else None
    reaches = low is not None and low >= limit
    is_let_through = config.allow_unjudged and config.auroc is None
    says = f"{_detected(detection)} of planted flips; asked: lower end {limit:.2f} or more"
    if not labels.is_judged:
        why = (labels.why_not or "it is too weak").rstrip(".")
        says += f"; single labels are not judged: {why}"
    return Criterion(
        name="self-test",
        holds=is_let_through or (reaches and (labels.is_judged or config.allow_unjudged)),
        says=says,
        value=low,
        limit=limit,
        to_do=f"{_READ}. More rows, or a stronger view (--model), let the audit see more; "
        "--allow-unjudged lets labels through that it cannot judge",
    )


def _flipped(reviewed: Reviewed | None, config: GateConfig) -> Criterion:
    """The share of wrong labels, as far as people who read rows drawn at random can tell.

    Without their answers nobody knows it: that is no fault of the data, unless a limit is asked
    for.
    """
    rate = reviewed.flip_rate if reviewed is not None else None
    to_do = f"{_READ} and fill in report/review.csv, then audit or build with --decisions"
    if rate is None or reviewed is None:
        is_asked = "flipped" in config.model_fields_set
        asked = f"; asked: {config.flipped:.1%} or less" if is_asked else ""
        says = f"unknown: nobody has read rows drawn at random{asked}"
        return Criterion(
            name="flipped", holds=not is_asked, says=says, limit=config.flipped, to_do=to_do
        )
    return Criterion(
        name="flipped",
        holds=rate.low <= config.flipped,
        says=f"by {reviewed.rows:,} answers of people {rate.low:.1%} to {rate.high:.1%} of the "
        f"labels are wrong; asked: lower end {config.flipped:.1%} or less",
        value=rate.low,
        limit=config.flipped,
        to_do="Ask where the labels come from, read more rows (report/review.csv), or drop what is "
        "wrong; --flipped sets another limit",
    )


def _kept(counts: Counts, config: GateConfig) -> Criterion:
    """The share of rows kept: if most are dropped, a source or its dialect is usually misread."""
    share = counts.kept / counts.read if counts.read else 0.0
    return Criterion(
        name="kept",
        holds=counts.kept > 0 and share >= config.kept,
        says=f"{counts.kept:,} of {_of_what(counts)} ({share:.1%}); "
        f"asked: {config.kept:.1%} or more",
        value=share,
        limit=config.kept,
        to_do="See counts in manifest.json, and prefdata explain OUT --reason CODE for the "
        "largest of them; --kept sets another limit",
    )


def _of_what(counts: Counts) -> str:
    """What rows that are kept are a share of."""
    if counts.rows is None:
        return f"{counts.read:,} rows read"
    return f"{counts.read:,} pairs and rows without one"


def _low(estimate: Estimate) -> float | None:
    return estimate.value if estimate.low is None else estimate.low


def _between(estimate: Estimate) -> str:
    if estimate.value is None:
        return f"unknown ({estimate.absent or 'no pairs'})"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def _detected(detection: Detection | None) -> str:
    if detection is None or detection.auroc is None:
        return f"AUROC unknown ({detection.absent if detection else 'no self-test'})"
    if detection.low is None or detection.high is None:
        return f"AUROC {detection.auroc:.2f}"
    return f"AUROC {detection.auroc:.2f} ({detection.low:.2f} to {detection.high:.2f})"
