"""Importing this module loads the compiled code of reading, as the server of workers does once.

The first call of a kernel loads it, and with it much of Numba: half a second. Processes that are
forked afterwards have it loaded.
"""

from __future__ import annotations

import numpy as np

from prefdata.io.containers.fast_json import text_reader
from prefdata.kernels.characters import count_byte
from prefdata.records.columns import text_batch
from prefdata.records.identity import side_keys
from prefdata.records.texts import TextView
from prefdata.transforms.texts.length import character_lengths
from prefdata.transforms.texts.script import script_codes

_LINE = '{"a":"é","b":"é","c":"é","d":1}\n'.encode()


def _load() -> None:
    reader = text_reader(("a", "b", "c"), ("a", "b", "c", "d"))
    assert reader is not None, "these names are supported"
    lines = reader.read(_LINE, lambda text: False)
    count_byte(np.frombuffer(_LINE, np.uint8), np.uint8(ord("\n")))
    numbers = np.zeros(1, np.int64)
    batch = text_batch(numbers, numbers, *lines.texts, lines.metadata)
    side_keys(batch.column("prompt"))
    view = TextView.of(batch)
    view.rows_with(0)
    script_codes(view)
    character_lengths(view.prompt)


_load()
