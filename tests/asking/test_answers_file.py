"""The file of answers: what is in it stays, one run at a time works with it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from prefdata.errors import LockedError, OutputError, SourceError
from prefdata.io.answers.answers import AnswerStore
from prefdata.records.chat import ChatAnswer, ChatFailure, ChatUsage, Reply

KEY, OTHER = "ab" * 32, "cd" * 32
ANSWER = ChatAnswer("nul \0, 你好", "stop", "why", ChatUsage(3, 4), ((("A", -0.5),),), '{"a":1}')


def test_what_is_put_is_got_by_later_runs(store: Path) -> None:
    with AnswerStore(store) as answers:
        answers.put(KEY, 1, ANSWER)
        answers.put(KEY, 2, ChatFailure("gave-up", "500"))
    with AnswerStore(store) as answers:
        assert answers.get_many(KEY, 4) == [None, ANSWER, ChatFailure("gave-up", "500"), None]
        assert answers.get(KEY, 1) == ANSWER
        assert answers.get(OTHER, 1) is None


def test_the_first_answer_stays_and_the_last_failure_counts(store: Path) -> None:
    with AnswerStore(store) as answers:
        answers.put(KEY, 0, ChatFailure("gave-up", "once"))
        answers.put(KEY, 0, ChatFailure("bad-request", "twice"))
        assert answers.get(KEY, 0) == ChatFailure("bad-request", "twice")
        assert answers.put_all([Reply(KEY, 0, ANSWER), Reply(KEY, 0, ChatAnswer("late"))]) == 1
        answers.put(KEY, 0, ChatFailure("gave-up", "later"))
        assert answers.get(KEY, 0) == ANSWER


@pytest.mark.parametrize("change", ["DELETE FROM answer", "UPDATE answer SET answer = x'00'"])
def test_nothing_in_it_is_changed(change: str, store: Path) -> None:
    with AnswerStore(store) as answers:
        answers.put(KEY, 0, ANSWER)
    connection = sqlite3.connect(store)
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        connection.execute(change)
    connection.close()


def test_two_runs_do_not_meet(store: Path) -> None:
    code = f"from prefdata.io.answers.answers import AnswerStore; AnswerStore({str(store)!r})"
    with AnswerStore(store) as answers:
        answers.put(KEY, 0, ANSWER)
        with pytest.raises(LockedError, match="another run"):
            AnswerStore(store)
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert b"LockedError" in other.stderr
    with AnswerStore(store) as answers:
        assert answers.get(KEY, 0) == ANSWER


def test_what_it_leaves_is_one_file(store: Path) -> None:
    with AnswerStore(store) as answers:
        answers.put(KEY, 0, ANSWER)
    assert [path.name for path in store.parent.iterdir()] == [store.name]


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be one" * 50, None])
def test_another_file_is_refused(content: bytes | None, store: Path) -> None:
    if content is not None:
        store.write_bytes(content)
    else:
        connection = sqlite3.connect(store)
        connection.execute("CREATE TABLE another(x)")
        connection.close()
    before = store.read_bytes()
    with pytest.raises(SourceError):
        AnswerStore(store)
    assert store.read_bytes() == before


def test_a_newer_file_and_a_place_that_is_none_are_refused(store: Path) -> None:
    AnswerStore(store).close()
    connection = sqlite3.connect(store)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SourceError, match="newer"):
        AnswerStore(store)
    with pytest.raises(OutputError, match="cannot be made"):
        AnswerStore(store.parent / "nowhere" / "a.sqlite")
