from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_formats import RECORDS, WITH_ID, batch_of

from prefdata.records.columns import records_of
from prefdata.records.record import Message, Record, assistant, user
from prefdata.transforms.convert.formats import has_extra, to_format
from prefdata.transforms.convert.read_back import read_back


def there_and_back(records: list[Record], *, margin: bool) -> list[Record]:
    batch = batch_of(records)
    written = to_format(batch, "conversational", has_extra=has_extra(batch), margin=margin)
    return records_of(read_back(written, np.arange(len(records))))


@given(records=RECORDS, margin=st.booleans())
def test_what_was_written_comes_back(records: list[Record], margin: bool) -> None:
    assert there_and_back(records, margin=margin) == records


@pytest.mark.parametrize("margin", [None, 0.0, -1.5, 3.0, float("inf")])
@pytest.mark.parametrize("metadata", ["{}", '{"margin":7,"x":[ 1.50 ]}', '{"a":"\\"margin"}'])
def test_a_margin_comes_out_of_metadata(margin: float | None, metadata: str) -> None:
    record = Record((user("q"),), (assistant("a"),), (assistant("b"),), margin, metadata)
    assert there_and_back([record], margin=False) == [record]


def test_one_message_with_more_makes_all_json() -> None:
    plain = Record((user("q"),), (assistant(""),), (assistant("b"),))
    calling = Record((user("问"),), (Message("assistant", None, WITH_ID),), (assistant("b"),))
    assert there_and_back([plain, calling], margin=False) == [plain, calling]


def test_a_slice_comes_back() -> None:
    rows = [Record((user(f"q{n}"),), (assistant("a"),), (assistant("b"),)) for n in range(9)]
    batch = batch_of(rows)
    written = to_format(batch, "conversational", has_extra=False, margin=False).slice(3, 4)
    back = read_back(written, np.arange(100, 104))
    assert back.column("row").to_pylist() == [100, 101, 102, 103]
    assert back.column("source_row").to_pylist() == [4, 5, 6, 7]
    assert records_of(back) == rows[3:7]
