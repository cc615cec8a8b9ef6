from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from prefdata.records.columns import RECORD_SCHEMA
from prefdata.records.record import ROLES, USER
from prefdata.records.turns import user_turns

prompts = st.lists(st.lists(st.sampled_from(ROLES), max_size=6), max_size=8)


@given(prompts, st.integers(0, 3))
def test_messages_of_the_user_are_counted(prompts: list[list[str]], skipped: int) -> None:
    kind = RECORD_SCHEMA.field("prompt").type
    sides = [[{"role": role, "content": "a"} for role in roles] for roles in prompts]
    batch = pa.RecordBatch.from_arrays([pa.array(sides, kind)], ["prompt"]).slice(skipped)
    assert user_turns(batch).tolist() == [roles.count(USER) for roles in prompts[skipped:]]
