"""A label under a name that nobody knows is found by its values, and asked for, never read."""

from __future__ import annotations

import re

import pytest

from prefdata.dialects.detect import detect
from prefdata.errors import DialectError


def test_a_field_whose_values_name_sides_is_offered_as_the_label() -> None:
    rows = [
        {"prompt": "p", "answer1": "a", "answer2": "b", "pw": said, "annotator": 1}
        for said in ("left", "right", None)
    ]
    with pytest.raises(DialectError, match="name a side: try --map label=pw") as error:
        detect(rows, place="x")
    flag = re.search(r"--map (\w+)=(\w+)", str(error.value))
    assert flag is not None
    assert detect(rows, place="x", mapping={flag[1]: flag[2]}).dialect == "judge-named"


def test_a_field_of_other_words_is_not() -> None:
    rows = [{"prompt": "p", "answer1": "a", "answer2": "b", "pw": "left"}, {"pw": "blue"}]
    with pytest.raises(DialectError) as error:
        detect(rows, place="x")
    assert "name a side" not in str(error.value)
