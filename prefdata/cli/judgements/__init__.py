"""Commands that make judgements and look at them: collect, judge, annotate, agreement."""
