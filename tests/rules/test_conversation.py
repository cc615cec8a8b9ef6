from __future__ import annotations

import pytest

from prefdata.records.record import Message, Record
from prefdata.rules.registry import rule_named

ROLE = {"u": "user", "a": "assistant", "s": "system", "t": "tool"}
CODES = ("contexts-differ", "not-assistant", "consecutive-roles", "late-system")


def turns(roles: str) -> tuple[Message, ...]:
    return tuple(Message(ROLE[role], "text") for role in roles)


@pytest.mark.parametrize(
    ("prompt", "chosen", "rejected", "codes"),
    [
        ("u", "a", "a", []),
        ("suau", "a", "a", []),
        ("u", "atta", "a", []),
        ("u", "aua", "a", ["contexts-differ"]),
        ("u", "a", "sa", ["contexts-differ"]),
        ("u", "aa", "a", ["contexts-differ", "consecutive-roles"]),
        ("u", "atta", "ata", []),
        ("u", "at", "a", ["not-assistant"]),
        ("u", "", "a", []),
        ("uu", "a", "a", ["consecutive-roles"]),
        ("ua", "a", "ta", ["consecutive-roles"]),
        ("usu", "a", "a", ["late-system"]),
        ("ssu", "a", "a", ["consecutive-roles"]),
        ("u", "au", "a", ["contexts-differ", "not-assistant"]),
    ],
)
def test_turns(prompt: str, chosen: str, rejected: str, codes: list[str]) -> None:
    record = Record(turns(prompt), turns(chosen), turns(rejected))
    rules = [rule_named(code) for code in CODES]
    assert [rule.code for rule in rules if rule.examine and rule.examine(record)] == codes


def test_evidence_names_the_place() -> None:
    examine = rule_named("consecutive-roles").examine
    assert examine is not None
    found = examine(Record(turns("ua"), turns("ta"), turns("aa")))
    assert found == "prompt[1] and rejected[0] are both assistant messages"
