"""Sentences as the audit says them, for reports in tests."""

from __future__ import annotations

NO_POWER = (
    "flips planted in copies of these data are found with AUROC 0.57 (95% interval 0.56 to 0.58); "
    "0.50 is a coin, and the lower end should reach 0.60. Single labels cannot be judged here."
)
AT_MOST = (
    "at most 9.4%: so many labels, at the upper end of a 95% interval, contradict the models among "
    "the 308 pairs (2%) that these are surest of, and labels turned at random do so at least at "
    "the rate at which labels are turned; no lower bound but 0 without a review"
)
LONGER = "the longer completion is chosen in 64% of the 15,380 pairs that differ in length"
LISTS = (
    "the completion with more of `lists` is chosen in 58% of the 4,210 pairs that differ in it; 11 "
    "columns were learnt from"
)
OF_SOURCE = (
    "the completion with more of `raw/arena.csv.gz` is chosen in 51% of the 90 pairs that differ "
    "in it"
)
REFUSALS = "the refusal is chosen in 31% of the 327 pairs that have one completion that refuses"
UNKNOWN_POSITION = "no row says which completion stood first"
PROMPT_BLIND = (
    "the view `ngrams` sees the completions without the prompt; all views together are right in "
    "77% of the pairs"
)
HELPS = (
    "Trained without the 330 flagged rows, models are right in 77.9% of the untouched rows; "
    "without as many at random, in 77.1%. Leaving them out helps (+0.4 to +1.4 points). The labels "
    "of the untouched rows are as noisy as the others: where labels are turned at random, the true "
    "gain is larger than the one measured."
)
