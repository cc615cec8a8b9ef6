"""datasketch keeps the first of every kind: `datasketch_dedupe.py PATH SCRATCH --processes N`.

`MinHash.update_batch` with 256 hashes, `MinHashLSH` at 0.8 with the bands that it chooses itself.
Signatures are made in the processes asked for, the index is one.
"""

import time
from functools import partial

import dedupe_texts as texts
import numpy as np
from datasketch import MinHash, MinHashLSH

HASHES, THRESHOLD, SEED = 256, 0.8, 1
EMPTY = MinHash(num_perm=HASHES, seed=SEED)  # the permutations are drawn once


def signatures(lines: texts.Lines, tokens: str) -> list[np.ndarray]:
    """A signature a row, as its numbers: they travel between processes at less cost."""
    split = texts.TOKENS[tokens]
    made = []
    for line in lines:
        signature = EMPTY.copy()
        signature.update_batch([token.encode() for token in split(texts.text_of(line))])
        made.append(signature.hashvalues)
    return made


options = texts.options()
start = time.perf_counter()
index = MinHashLSH(threshold=THRESHOLD, num_perm=HASHES)
rows = kept = 0
made = texts.mapped(partial(signatures, tokens=options.tokens), options.path, options.processes)
for rows, values in enumerate(made, start=1):
    signature = EMPTY.copy()
    signature.hashvalues = values
    if not index.query(signature):
        index.insert(str(rows), signature)
        kept += 1
texts.account(rows, kept, start)
