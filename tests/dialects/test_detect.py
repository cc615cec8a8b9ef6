from __future__ import annotations

import pickle
from typing import Any

import pytest

from prefdata.dialects.detect import detect
from prefdata.dialects.dialect import Match
from prefdata.errors import ConfigError, DialectError

PAIR = {"prompt": "q", "chosen": "a", "rejected": "b"}
SHARED = {"chosen": "The sky is blue", "rejected": "The sky is green"}
BROKEN = {"prompt": "q", "chosen": 5, "rejected": None}


def complaint(rows: list[dict[str, Any]], **said: Any) -> str:
    with pytest.raises(DialectError) as caught:
        detect(rows, place="rows.csv", **said)
    assert str(caught.value).startswith("rows.csv: ")
    return str(caught.value)


def test_a_match_survives_pickling_and_hashing() -> None:
    match = detect([PAIR], place="x", mapping={"prompt": "prompt"})
    assert pickle.loads(pickle.dumps(match)) == match == Match("pairs", (("prompt", "prompt"),))
    assert len({match, match}) == 1


@pytest.mark.parametrize(
    "rows",
    [
        [PAIR, BROKEN, SHARED],
        [BROKEN],
        [{"prompt": "", "chosen": "a", "rejected": "b"}],
        [{"prompt": None, "chosen": "a", "rejected": "b"}, {"unlike": 1}],
    ],
)
def test_faulty_rows_do_not_hide_the_dialect(rows: list[dict[str, Any]]) -> None:
    assert detect(rows, place="x").dialect == "pairs"


def test_numeric_labels_have_two_readings_and_a_person_chooses() -> None:
    row = {"prompt": "q", "response_a": "a", "response_b": "b", "label": 1}
    message = complaint([row])
    assert "judge-zero-based" in message and "judge-one-based" in message
    assert "--label 1=first\n" in message and "--label 1=second\n" in message
    for name in ("judge-zero-based", "judge-one-based"):
        assert detect([row], place="x", dialect=name) == Match(name, (), True)


def test_as_many_rows_of_either_kind_are_ambiguous() -> None:
    message = complaint([PAIR, SHARED])
    assert "  pairs: " in message and "  implicit: " in message and "--dialect" in message


def test_a_prompt_and_a_conversation_are_ambiguous() -> None:
    row = {**PAIR, "conversations": [{"from": "human", "value": "q"}]}
    assert "sharegpt" in complaint([row])


def test_two_fields_for_one_part_are_ambiguous_unless_they_agree() -> None:
    row = {**PAIR, "question": "another"}
    message = complaint([PAIR, row])
    assert "--map prompt=prompt" in message and "--map prompt=question" in message
    assert detect([row], place="x", mapping={"prompt": "question"}).dialect == "pairs"
    assert detect([{**PAIR, "margin": float("nan")}], place="x").dialect == "pairs"
    for same in ("q", None, " "):
        assert detect([{**PAIR, "question": same}], place="x").dialect == "pairs"


def test_nothing_fits_says_what_was_seen_and_what_to_pass() -> None:
    message = complaint([{"promt": "q", "best": "a", "worst": "b"}])
    assert "'promt' is near 'prompt'" in message
    assert "'best'" in message and "--map prompt=FIELD" in message
    assert "share no beginning" in complaint([{"chosen": "a", "rejected": "b"}])
    assert "no readable row" in complaint([])


def test_a_shared_beginning_by_chance_is_no_implicit_prompt() -> None:
    others = [{"chosen": f"{n} yes", "rejected": f"no {n}"} for n in range(3)]
    assert "no dialect fits" in complaint([SHARED, *others])
    assert "no dialect fits" in complaint([{**SHARED, "context": "What colour is the sky?"}])
    assert detect([{**SHARED, "input": "What colour is the sky?"}], place="x").dialect == "pairs"


def test_a_mapping_names_fields_in_any_case() -> None:
    row = {"query text": "q", "Best": "a", "worst": "b"}
    said = {"prompt": "Query Text", "chosen": "best", "rejected": "worst"}
    assert detect([row], place="x", mapping=said).mapping == tuple(sorted(said.items()))


def test_a_mapping_to_nothing_is_an_error() -> None:
    assert "Did you mean 'rejected'" in complaint([PAIR], mapping={"rejected": "rejcted"})
    with pytest.raises(ConfigError, match=r"no dialect has a part 'promt'\. Did you mean 'prompt'"):
        detect([PAIR], place="x", mapping={"promt": "prompt"})
    with pytest.raises(ConfigError, match=r"the dialect pairs has no part 'winner'\. Parts: cho"):
        detect([PAIR], place="x", dialect="pairs", mapping={"winner": "prompt"})
    with pytest.raises(ConfigError, match="the dialect hh has no part 'prompt'"):
        detect([SHARED], place="x", dialect="hh", mapping={"prompt": "chosen"})


def test_a_dialect_insisted_on_needs_its_fields() -> None:
    assert "prompt (" in complaint([SHARED], dialect="pairs")
    assert detect([], place="x", dialect="pairs") == Match("pairs", (), True)
    with pytest.raises(ConfigError, match="Did you mean 'pairs'"):
        detect([PAIR], place="x", dialect="pair")
