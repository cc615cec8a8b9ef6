"""From judgements to pairs: which completions are paired, and what several judges said together."""
