"""Sentences as the audit says them, for reports in tests."""

from __future__ import annotations

from prefdata.results.sentences import Sentence, joined

NO_POWER = Sentence(
    "not-judged.weak",
    seen=Sentence("power.auroc", auroc=0.571, low=0.557, high=0.584),
    least=0.6,
)
LONGER = Sentence("shortcut.length", share=0.641, pairs=15380)
LISTS = joined(
    Sentence("shortcut.column", name="lists", share=0.58, pairs=4210),
    Sentence("shortcut.columns", columns=11),
)
OF_SOURCE = Sentence("shortcut.column", name="raw/arena.csv.gz", share=0.51, pairs=90)
REFUSALS = Sentence("shortcut.refusal", share=0.31, pairs=327)
UNKNOWN_POSITION = Sentence("shortcut.no-position")
PROMPT_BLIND = Sentence("shortcut.blind-view", view="ngrams", share=0.774)
HELPS = Sentence(
    "paragraph",
    sentences=(
        Sentence("ablation.measured", flagged=330, without=0.7794, random=0.7706),
        Sentence("ablation.helps", low=0.39, high=1.37),
        Sentence("ablation.noisy"),
    ),
)
SOME_MARGINS = Sentence("read.some-margins", with_margin=5110, rows=15402)

AGREE_LITTLE = Sentence("agreement.poor", alpha=0.41, low=0.36, high=0.46)
AGREE_WELL = Sentence("agreement.good", alpha=0.83, low=0.79, high=0.86)
LAZY = Sentence("judge.same-answer", answer=Sentence("answer.shown-first"), share=0.93, votes=1210)
HASTY = Sentence("judge.hasty", seconds=2.4, usual=31.0)
ALONE = Sentence("agreement.alone")
UNNAMED = Sentence("judges.unnamed", unnamed=31, judgements=4021)

COPY = Sentence("exact.copy", copies=2, first=20)
OPPOSITE = Sentence("exact.opposite", other=88)
SAME = Sentence("sides.same-folded", quote='"It is noon."')
REFUSES = Sentence("text.refuses", side="chosen", quote="\"I'm sorry, but I can't\"")
MISREAD = Sentence("text.quoted", place="prompt[0]", quote='"Ã©"')
ALIKE = Sentence("near.pair", similarity=0.93, other=20, prompt=1.0, first=0.95, second=0.93)
OPPOSED = Sentence("near.opposite", other=88, similarity=0.91, prompt=1.0, first=0.94, second=0.91)
CIRCLE = Sentence(
    "cycle.circle", rows=tuple(Sentence("row", row=row) for row in (3, 8, 9)), completions=3
)
