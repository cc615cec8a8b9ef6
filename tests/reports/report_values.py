"""Reports for tests: a full one, ones without this or that, and one whose texts want to run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from reports.judging_values import judging
from reports.report_sentences import (
    AGREE_LITTLE,
    AGREE_WELL,
    ALIKE,
    ALONE,
    CIRCLE,
    COPY,
    HASTY,
    HELPS,
    LAZY,
    LISTS,
    LONGER,
    MISREAD,
    NO_POWER,
    OF_SOURCE,
    OPPOSED,
    OPPOSITE,
    PROMPT_BLIND,
    REFUSALS,
    REFUSES,
    SAME,
    SOME_MARGINS,
    UNKNOWN_POSITION,
    UNNAMED,
)
from reports.report_texts import PAIRS, lengthened

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.claims.sentences import said
from prefdata.results.agreement import (
    AgreementReport,
    AgreementSlice,
    AlphaEstimate,
    JudgeAgreement,
    JudgePair,
    PositionShare,
)
from prefdata.results.audit import (
    Ablation,
    AlikePair,
    AnswerClaims,
    Arm,
    AtK,
    AuditReport,
    Claims,
    Detection,
    Histogram,
    Issue,
    LabelAuditResult,
    MoreReading,
    Power,
    Reviewed,
    RowExample,
    RowPlace,
    RowsOf,
    RowsRead,
    Share,
    Shortcut,
    SliceResult,
    SmallSlices,
    SourceFlow,
    Suspect,
    Text,
    Texts,
    ViewResult,
    WhatIf,
)
from prefdata.results.changes import (
    Change,
    ChangedPlace,
    ChangeKind,
    Changes,
    ComparedBuild,
    Setting,
    SourceChange,
)
from prefdata.results.manifest import Counts
from prefdata.results.training import Baseline, Bin, Calibration, Estimate

SOURCES = ("raw/helpful.jsonl", "raw/community_zh.parquet", "raw/arena.csv.gz")
RATE = Share(value=0.041, low=0.019, high=0.063)
"""Wrong labels, by the answers."""
CLASSES = ("likely-flipped", "model-disagrees", "model-uncertain", "ambiguous")


def text(value: str, *, is_cut: bool = False) -> Text:
    return Text(text=value, characters=len(value) + (900 if is_cut else 0), is_cut=is_cut)


def texts(number: int, characters: int = 0, *, turned: bool = False) -> Texts:
    language, prompt, chosen, rejected = PAIRS[number % len(PAIRS)]
    if turned:
        chosen, rejected = rejected, chosen
    sides = [
        lengthened(side, language, characters, number + at)
        for at, side in enumerate((chosen, rejected))
    ]
    return Texts(
        prompt=text(lengthened(prompt, language, min(characters, 1000))),
        chosen=text(sides[0], is_cut=characters > 0),
        rejected=text(sides[1], is_cut=characters > 0 and number % 2 == 0),
    )


def place(number: int) -> RowPlace:
    return RowPlace(row=17 * number + 3, source=SOURCES[number % 3], source_row=5 * number + 1)


def example(number: int, evidence: str = "") -> RowExample:
    return RowExample(place=place(number), evidence=evidence, texts=texts(number))


def estimate(value: float, half: float, pairs: int = 15402, groups: int = 5110) -> Estimate:
    return Estimate(pairs=pairs, groups=groups, value=value, low=value - half, high=value + half)


def nothing(why: str) -> Estimate:
    return Estimate(pairs=0, groups=0, value=None, low=None, high=None, absent=why)


def null(value: float, half: float, made: str) -> Baseline:
    return Baseline(**estimate(value, half).model_dump(), loss=0.693, made=made)


def histogram(
    name: str, center: float, spread: float, rows: int, *, log: bool = False
) -> Histogram:
    drawn = np.random.default_rng(abs(int(center * 1000))).normal(center, spread, rows)
    if log:
        drawn, edges = np.exp(drawn), np.round(np.geomspace(1, 40000, 41), 2)
        drawn = np.clip(drawn, 1, 40000)
    else:
        edges = np.round(np.linspace(-6, 8, 57), 4)
        drawn = np.clip(drawn, -6, 8)
    counts, _ = np.histogram(drawn, edges)
    return Histogram(name=name, edges=tuple(edges.tolist()), counts=tuple(counts.tolist()))


def suspect(number: int, of: int, characters: int = 0, *, answered: bool = True) -> Suspect:
    p_flip = 0.97 - 0.47 * number / max(of, 1)
    label = CLASSES[0] if number % 7 else CLASSES[1 + number // 7 % 3]
    if not answered and label == CLASSES[0]:
        label = CLASSES[1]
    margin = -math.log(p_flip / (1 - p_flip) * 6)
    flip = {"p_flip": p_flip, "p_low": p_flip * 0.72, "p_high": min(0.999, p_flip * 1.12)}
    reasons = {
        "likely-flipped": ("content-against", "views-agree"),
        "model-disagrees": ("content-for", "controls-against", "longer-rejected"),
        "model-uncertain": ("views-disagree", "unsteady"),
        "ambiguous": ("margin-small",),
    }[label]
    return Suspect(
        place=place(number),
        split="train" if number % 10 else "test",
        language=PAIRS[number % len(PAIRS)][0],
        rank=number + 1,
        label=label,  # type: ignore[arg-type]
        p_label=1 / (1 + math.exp(-margin)),
        **(flip if answered else {}),
        reward_margin=margin,
        spread=0.05 + (number % 9) / 20,
        views={
            "controls": margin * 0.3 + 0.4,
            "ngrams": margin * 0.8 - 0.1,
            "embeddings": margin * 1.1,
        },
        margin=None if number % 3 else 1.5,
        reasons=reasons,
        fingerprint=f"{number:032x}",
        texts=texts(number, characters, turned=True),
    )


def claims(*, answered: bool = True) -> Claims:
    """Of 80 rows read at random, 23 of them wrong; without answers an order alone."""
    answers = AnswerClaims(
        parts=(
            RowsRead(name="first", rows=50, read=30, wrong=21),
            RowsRead(name="others", rows=15352, read=50, wrong=2),
        ),
        beyond=8,
        again=27,
        once=0,
        reading_error=0.1,
        rate=RATE,
        wrong_at_top=(30, 40),
        more=(MoreReading(answers=150, width=0.071), MoreReading(answers=200, width=0.058)),
        likely=412,
        may_drop=False,
        unread=20,
    )
    made = Claims(
        first=50,
        most=47,
        what_if=(WhatIf(rate=0.03, wrong=9.2), WhatIf(rate=0.1, wrong=24.8)),
        answers=answers if answered else None,
        says=(),
    )
    return made.model_copy(update={"says": said(made, AuditConfig())})


def issue(code: str, verdict: str, rows: int, says: str, to_do: str, *of: RowExample) -> Issue:
    return Issue(
        code=code,
        verdict=verdict,
        rows=rows,
        says=says,
        to_do=to_do,
        examples=of,  # type: ignore[arg-type]
    )


def issues() -> tuple[Issue, ...]:
    raw = RowExample(
        place=RowPlace(row=911, source=SOURCES[0], source_row=912),
        evidence="line ends within a string",
        raw=text('{"prompt": "How tall is', is_cut=True),
    )
    return (
        issue(
            "duplicate-pair",
            "drop",
            1204,
            "The same prompt, chosen and rejected stand in an earlier row.",
            "Nothing to do: the first row stays. exact.identical: flag keeps the copies.",
            example(1, COPY),
            example(4, COPY),
        ),
        issue(
            "label-conflict",
            "drop",
            86,
            "The same two completions of the same prompt are labelled both ways round.",
            "Decide which label is right, or set labels.conflict to another policy.",
            example(2, OPPOSITE),
        ),
        issue(
            "identical-sides",
            "drop",
            41,
            "Chosen and rejected are the same, if need be after NFC, case and white-space folding.",
            "Drop the row: it teaches nothing.",
            example(3, SAME),
        ),
        issue(
            "refusal",
            "flag",
            327,
            "A completion begins with a refusal to answer, in English or Chinese.",
            "Decide whether refusals belong into this dataset; level error drops them.",
            example(5, REFUSES),
        ),
        issue(
            "mojibake",
            "flag",
            9,
            "A text holds U+FFFD, or sequences that come from reading UTF-8 as another encoding.",
            "Read the source again in its true encoding.",
            example(6, MISREAD),
        ),
        issue(
            "invalid-json",
            "quarantine",
            12,
            "The row is not valid JSON.",
            "Correct the line; check for a cut line, a trailing comma, or two objects on one line.",
            raw,
        ),
    )


def alike() -> tuple[AlikePair, ...]:
    kinds = (
        ("duplicate-pair", "drop", COPY),
        ("near-duplicate", "drop", ALIKE),
        ("label-conflict", "drop", OPPOSITE),
        ("near-conflict", "drop", OPPOSED),
        ("preference-cycle", "flag", CIRCLE),
    )
    return tuple(
        AlikePair(
            kind=kind,  # type: ignore[arg-type]
            verdict=verdict,  # type: ignore[arg-type]
            evidence=evidence,
            left=example(at),
            right=RowExample(place=place(at + 50), texts=texts(at, turned="conflict" in kind)),
        )
        for at, (kind, verdict, evidence) in enumerate(kinds)
    )


def power(*, enough: bool = True) -> Power:
    def found(name: str, auroc: float, average: float) -> Detection:
        return Detection(
            name=name,
            auroc=auroc,
            low=auroc - 0.014,
            high=auroc + 0.013,
            average_precision=average,
        )

    top = 0.842 if enough else 0.571
    return Power(
        flips=0.05,
        copies=3,
        planted=2310,
        detections=(
            found("all", top, 0.412 if enough else 0.071),
            found("embeddings", top - 0.031, 0.335 if enough else 0.066),
            found("ngrams", top - 0.046, 0.301 if enough else 0.062),
            found("controls", top - 0.13, 0.118 if enough else 0.056),
            found("length-only", 0.684 if enough else 0.539, 0.097 if enough else 0.055),
            found("label-shuffled", 0.503, 0.051),
        ),
        at_k=tuple(
            AtK(k=k, precision=precision if enough else 0.06, recall=k * precision / 770)
            for k, precision in ((50, 0.82), (100, 0.74), (200, 0.63), (400, 0.49), (800, 0.36))
        ),
        theory=0.853 if enough else 0.58,
        at_least=0.6,
        is_enough=enough,
    )


def baselines() -> tuple[Baseline, ...]:
    return (
        null(
            0.5,
            0.0,
            "the same reward for every completion: all pairs tie, which counts as one half",
        ),
        null(0.641, 0.010, "longer completions: 0.61 times log length, fitted on 15,402 pairs"),
        null(0.499, 0.012, "labels of whole groups flipped at random, many times"),
    )


def views() -> tuple[ViewResult, ...]:
    found = (
        ("all", 0.774, None),
        ("embeddings", 0.751, 0.71),
        ("ngrams", 0.738, 0.52),
        ("controls", 0.662, 0.33),
        ("content", 0.741, None),
    )
    return tuple(
        ViewResult(
            name=name,
            is_content=name != "controls",
            accuracy=estimate(accuracy, 0.009),
            weight=weight,
        )
        for name, accuracy, weight in found
    )


def shortcuts() -> tuple[Shortcut, ...]:
    found = (
        ("length", 0.641, LONGER),
        ("position", None, UNKNOWN_POSITION),
        ("format", 0.563, LISTS),
        ("source", 0.507, OF_SOURCE),
        ("refusal", 0.521, REFUSALS),
        ("prompt-blind", 0.738, PROMPT_BLIND),
    )
    return tuple(
        Shortcut(
            name=name,
            accuracy=estimate(accuracy, 0.01) if accuracy else nothing(says),
            says=says,
        )
        for name, accuracy, says in found
    )


def ablation() -> Ablation:
    return Ablation(
        repeats=5,
        tested=15400,
        flagged=330,
        arms=(
            Arm(name="all", rows=12320, accuracy=0.7713, loss=0.492),
            Arm(name="without-flagged", rows=11990, accuracy=0.7794, loss=0.471),
            Arm(name="without-random", rows=11990, accuracy=0.7706, loss=0.493),
        ),
        gain=estimate(0.0088, 0.0049),
        says=HELPS,
    )


def slices() -> tuple[SliceResult, ...]:
    made: list[SliceResult] = []
    lengths = ("much shorter", "shorter", "alike", "longer", "much longer")
    for at, (source, language) in enumerate(zip(SOURCES, ("en", "zh", "en"), strict=True)):
        for step, length in enumerate(lengths):
            accuracy = 0.58 + 0.05 * step + 0.015 * at
            half = 0.04 + 0.02 * ((at + step) % 3)
            made.append(
                SliceResult(
                    name=f"{source}, {language}, {length}, 1 turn",
                    by={"source": source, "language": language, "length": length, "turns": "1"},
                    pairs=1900 - 130 * step - 200 * at,
                    groups=700 - 40 * step,
                    accuracy=accuracy,
                    low=accuracy - half,
                    high=accuracy + half,
                    suspected=90 - 12 * step,
                    stands_out="below" if step == 0 else "above" if step == 4 else "no",
                )
            )
    return tuple(made)


def classes(*, answered: bool = True) -> dict[str, int]:
    found = {"model-agrees": 13468, "ambiguous": 930, "model-uncertain": 388}
    of_people = {"likely-flipped": 412, "model-disagrees": 204}
    return found | (of_people if answered else {"model-disagrees": 616})


def labels(
    *, judged: bool = True, answered: bool = True, suspects: int = 24, characters: int = 0
) -> LabelAuditResult:
    bins = tuple(
        Bin(
            low=low / 20,
            high=(low + 1) / 20,
            pairs=2600 - 120 * (low - 10) ** 1,
            confidence=low / 20 + 0.026,
            accuracy=low / 20 + 0.026 + (-1) ** low * 0.012,
        )
        for low in range(10, 20)
    )
    return LabelAuditResult(
        pairs=15402,
        groups=5110,
        accuracy=estimate(0.774, 0.009) if judged else estimate(0.536, 0.011),
        baselines=baselines(),
        views=views(),
        calibration=Calibration(
            ece=0.0121, ece_by_chance=0.0094, brier=0.158, confidence=0.768, bins=bins
        ),
        margins=(
            histogram("all", 1.1, 1.5, 15402),
            histogram("model-disagrees", -1.9, 0.6, 616),
            histogram("ambiguous", 0.02, 0.2, 930),
        )
        if judged
        else (histogram("all", 0.1, 0.4, 15402),),
        power=power(enough=judged),
        is_judged=judged,
        why_not=None if judged else NO_POWER,
        classes=classes(answered=answered) if judged else {},
        claims=claims(answered=answered) if judged else None,
        shared_reasons=("steady",) if judged else (),
        shortcuts=shortcuts(),
        slices=slices(),
        small_slices=SmallSlices(least=30, slices=7, pairs=112),
        ablation=ablation() if judged else None,
        suspects=tuple(
            suspect(at, suspects, characters, answered=answered)
            for at in range(suspects if judged else 0)
        ),
    )


def position(first: float, votes: int) -> PositionShare:
    return PositionShare(votes=votes, first=first, low=first - 0.03, high=first + 0.03)


def judge(name: str, votes: int, *, is_lazy: bool = False) -> JudgeAgreement:
    alone = Estimate(pairs=0, groups=0, value=None, low=None, high=None, absent=ALONE)
    return JudgeAgreement(
        judge=name,
        votes=votes,
        with_rest=alone if is_lazy else estimate(0.77, 0.03),
        dawid_skene=0.52 if is_lazy else 0.871,
        bradley_terry=0.541 if is_lazy else 0.866,
        position=position(0.93 if is_lazy else 0.512, votes - 57),
        same_answer="shown-first" if is_lazy else "tie",
        same_answer_ratio=0.93 if is_lazy else 0.34,
        seconds=2.4 if is_lazy else 31.0,
        says=(LAZY, HASTY) if is_lazy else (),
    )


def agreement(alpha: float = 0.41, source: str | None = None) -> AgreementSlice:
    judges = (judge("ann", 1411), judge("工人 7", 1400), judge("w/3", 1210, is_lazy=True))
    return AgreementSlice(
        criterion="helpfulness",
        source=source,
        prompts=912,
        items=1410,
        shared_items=1380,
        votes=4021,
        unanimous_ratio=0.48,
        tie_ratio=0.137,
        alpha=AlphaEstimate(
            scale="ordinal",
            units=1380,
            prompts=901,
            value=alpha,
            low=alpha - 0.05,
            high=alpha + 0.05,
        ),
        position=position(0.583, 3850),
        judges=judges,
        pairs=tuple(
            JudgePair(one=one.judge, other=other.judge, units=1190, agreement=0.71, kappa=kappa)
            for one, other, kappa in zip(judges, judges[1:], (0.62, None), strict=False)
        ),
        pairs_of_judges=2,
        says=(AGREE_LITTLE if alpha < 0.667 else AGREE_WELL,),
    )


def changes_since() -> Changes:
    """Changes of every kind since an earlier build."""
    before, after = (
        ComparedBuild(path=name, fingerprint=f"{read:032x}", read=read, lines=read, kept=kept)
        for name, read, kept in (("autumn-1", 17050, 15377), ("autumn-2", 17102, 15402))
    )
    dropped = "drop: near-duplicate"
    found: tuple[tuple[ChangeKind, str | None, str | None, int], ...] = (
        ("came", None, "keep", 81),
        ("came", None, "quarantine: invalid-json", 12),
        ("went", dropped, None, 41),
        ("verdict", "keep", dropped, 7),
        ("split", "train", "test", 31),
        ("label", None, None, 3),
        ("margin", None, None, 24),
    )
    examples = (
        ChangedPlace(
            kind=kind, before=was, after=now,
            row_before=None if kind == "came" else 1500 + at,
            row_after=None if kind == "went" else 2500 + at,
            source=SOURCES[at % len(SOURCES)], source_row=at + 21,
        )
        for at, (kind, was, now, _) in enumerate(found)
    )  # fmt: skip
    return Changes(
        before=before, after=after, same=16948, changed=61, came=93, went=41,
        changes=tuple(Change(kind=k, before=b, after=a, rows=rows) for k, b, a, rows in found),
        sources=(
            SourceChange(source=SOURCES[0], came=93, went=0, changed=61),
            SourceChange(source=SOURCES[1], came=0, went=41, changed=0),
        ),
        examples=tuple(examples),
        settings=(
            Setting(name="split.test", before=0.05, after=0.1),
            Setting(name="near.keep", before="first", after=None),
            Setting(name="sources.raw/helpful.jsonl", before=None, after="9f" * 16),
            Setting(name="check.rules", before={"refusal": "note"}, after={"refusal": "error"}),
        ),
    )  # fmt: skip


def report(**changes: Any) -> AuditReport:
    """A report of everything; `changes`: fields that are to be otherwise."""
    counts = Counts(
        read=17102,
        kept=15402,
        quarantined=12,
        dropped={
            "duplicate-pair": 1204,
            "near-duplicate": 301,
            "label-conflict": 86,
            "near-conflict": 56,
            "identical-sides": 41,
        },
        flagged={"refusal": 327, "mojibake": 9, "preference-cycle": 14},
        splits={"train": 13862, "validation": 770, "test": 770},
    )
    shares = ((9000, 8204, 10), (5102, 4498, 2), (3000, 2700, 0))
    flows = tuple(
        SourceFlow(
            name=name,
            counts=Counts(
                read=read,
                kept=kept,
                quarantined=out,
                dropped={"duplicate-pair": read - kept - out},
                splits={"train": kept - 500, "validation": 250, "test": 250},
            ),
        )
        for name, (read, kept, out) in zip(SOURCES, shares, strict=True)
    )
    values: dict[str, Any] = {
        "title": "House preferences, autumn",
        "counts": counts,
        "sources": flows,
        "issues": issues(),
        "alike": alike(),
        "alike_rows": {
            "duplicate-pair": 1204,
            "near-duplicate": 301,
            "label-conflict": 86,
            "near-conflict": 56,
            "preference-cycle": 14,
        },
        "lengths": (
            histogram("prompt", 4.9, 1.0, 15402, log=True),
            histogram("chosen", 6.1, 0.9, 15402, log=True),
            histogram("rejected", 5.8, 1.0, 15402, log=True),
        ),
        "languages": (
            RowsOf(name="en", rows=10904),
            RowsOf(name="zh", rows=4320),
            RowsOf(name="de", rows=138),
            RowsOf(name="unknown", rows=40),
        ),
        "agreement": AgreementReport(
            slices=(agreement(), agreement(0.83, SOURCES[0])),
            remarks={"unnamed-judges": UNNAMED},
        ),
        "judging": (judging(), judging("smollm2 <135M>", is_ruled=True)),
        "changes": changes_since(),
        "labels": labels(),
        "reviewed": Reviewed(
            file="review.csv",
            rows=100,
            decisions={"keep": 61, "flip": 27, "drop": 5, "unsure": 7},
            unmatched=2,
            flip_rate=RATE,
        ),
        "remarks": {"partial-margin": SOME_MARGINS},
        "versions": {"prefdata": "0.1.0", "python": "3.11.9", "torch": "2.13.0"},
        "config": {"audit": {"folds": 5, "repeats": 3, "views": ["controls", "ngrams"]}},
        "fingerprint": "0123456789abcdef0123456789abcdef",
    }
    return AuditReport(**values | changes)
