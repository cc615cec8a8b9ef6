"""rensa keeps the first of every kind: `rensa_dedupe.py PATH SCRATCH --processes N`.

`RMinHashDeduplicator` with its LSH, as its README shows it; 256 hashes in 32 bands. Signatures
are made in the processes asked for, the index is one.
"""

import os
import time
from functools import partial

import dedupe_texts as texts

options = texts.options()
os.environ["RAYON_NUM_THREADS"] = "1"  # of each process, before the library starts its own

import rensa  # noqa: E402

HASHES, BANDS, THRESHOLD, SEED = 256, 32, 0.8, 42


def signatures(lines: texts.Lines, tokens: str) -> list[rensa.RMinHash]:
    """A signature a row."""
    split = texts.TOKENS[tokens]
    sets = [split(texts.text_of(line)) for line in lines]
    made: list[rensa.RMinHash] = rensa.RMinHash.from_token_sets(sets, HASHES, SEED)
    return made


start = time.perf_counter()
index = rensa.RMinHashDeduplicator(THRESHOLD, HASHES, use_lsh=True, num_bands=BANDS, seed=SEED)
made = texts.mapped(partial(signatures, tokens=options.tokens), options.path, options.processes)
keep = index.add_pairs((str(number), signature) for number, signature in enumerate(made))
texts.account(len(keep), sum(keep), start)
