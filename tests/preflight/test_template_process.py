"""Chat templates that compute, fill memory or write without end; sound ones beside them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from prefdata.cli.main import cli
from prefdata.errors import ModelError
from prefdata.preflight.render import Failure, RenderedSides, render_chat
from prefdata.preflight.template_child import Ask
from prefdata.preflight.template_process import rendered_texts
from prefdata.records.record import Message, Record
from tests.preflight.conftest import CHATML

POWER = "{{ 10 ** (100000000 + messages | length) }}"
BatchOf = Callable[..., pa.RecordBatch]


def only_for(word: str, template: str) -> str:
    return f"{{% if '{word}' in messages[0].content %}}{template}{{% endif %}}{CHATML}"


def pair(prompt: str) -> Record:
    said = [(Message("assistant", text),) for text in ("Yes, it is.", "No.")]
    return Record(prompt=(Message("user", prompt),), chosen=said[0], rejected=said[1])


def asked(text: str) -> Ask:
    return Ask([{"role": "user", "content": text}])


def test_texts_are_those_of_the_tokenizer_itself(make_tokenizer: Any) -> None:
    template = "{{ bos_token }}{{ messages[0].role }}" + CHATML
    tokenizer = make_tokenizer(bos_token="<|im_start|>", chat_template=template)
    talks: list[list[dict[str, Any]]] = [
        [{"role": "user", "content": text}, {"role": "assistant", "content": text, "n": 2**80}]
        for text in ("", "a", "天空", "{{ 1 }}", "x" * 70_000, "😀\u0301\n\x00")
    ]
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    for given in (None, tools):
        texts = [a.text for a in rendered_texts(tokenizer, [Ask(talk, given) for talk in talks])]
        assert texts == [
            tokenizer.apply_chat_template(talk, tools=given, tokenize=False) for talk in talks
        ]


def test_an_error_of_the_template_is_one_of_its_row(make_tokenizer: Any, batch_of: BatchOf) -> None:
    tokenizer = make_tokenizer(chat_template=only_for("bad", "{{ raise_exception('no bad') }}"))
    rows = batch_of(*map(pair, ("good", "bad", "better"))).to_pylist()
    first, second, third = render_chat(rows, tokenizer)
    assert isinstance(first, RenderedSides)
    assert isinstance(third, RenderedSides)
    assert isinstance(second, Failure)
    assert "no bad" in str(second.evidence)


def test_half_a_character_is_an_error_of_its_row(make_tokenizer: Any) -> None:
    tokenizer = make_tokenizer(chat_template="{{ '\\ud83d' }}")
    [answer] = rendered_texts(tokenizer, [asked("a")])
    assert (answer.text, answer.error) == (None, "UnicodeEncodeError")


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("{{ messages[0].content * 10 ** 10 }}", "bytes of memory"),
        ("{{ 'ab' * 10 ** 9 * 2 }}", "bytes of memory"),
        ("{{ messages[0].content * 2 ** 22 }}", "characters"),
    ],
)
def test_memory_and_length_are_limited(template: str, what: str, make_tokenizer: Any) -> None:
    tokenizer = make_tokenizer(chat_template=only_for("endless", template))
    assert rendered_texts(tokenizer, [asked("sound")])[0].text
    with pytest.raises(ModelError, match=rf"{what} on one conversation.*'endless row'"):
        rendered_texts(tokenizer, [asked("sound"), asked("endless row"), asked("late")])
    assert rendered_texts(tokenizer, [asked("sound again")])[0].text


LOOPS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"


@pytest.mark.parametrize("template", [POWER, LOOPS], ids=["power", "loops"])
def test_time_is_limited_and_the_row_is_named(template: str, make_tokenizer: Any) -> None:
    tokenizer = make_tokenizer(chat_template=only_for("endless", template))
    texts = [*map(str, range(300)), "an endless row", *map(str, range(300))]
    with pytest.raises(ModelError, match=r"more than 1 seconds on one.*'an endless row'"):
        rendered_texts(tokenizer, [*map(asked, texts)], seconds=1)
    assert rendered_texts(tokenizer, [asked("sound")])[0].text


def test_the_command_ends_with_2_and_names_the_tokenizer(
    make_tokenizer: Any, tmp_path: Path
) -> None:
    make_tokenizer(chat_template=POWER).save_pretrained(tmp_path / "endless")
    source = tmp_path / "a.jsonl"
    row = {"prompt": "Is it?", "chosen": "It is.", "rejected": "No."}
    source.write_text(json.dumps(row) + "\n")
    command = ["validate", str(source), "--tokenizer", str(tmp_path / "endless")]
    result = CliRunner().invoke(cli, command)
    assert isinstance(result.exception, ModelError)
    assert f"chat template of tokenizer {tmp_path / 'endless'}" in str(result.exception)


STARTS = """
import sys
from prefdata.preflight import load_tokenizer
from prefdata.preflight.template_child import Ask
from prefdata.preflight.template_process import rendered_texts
print("ready", flush=True)
rendered_texts(load_tokenizer(sys.argv[1]), [Ask([{"role": "user", "content": "a"}])])
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_a_template_does_not_outlive_the_one_who_asked(make_tokenizer: Any, tmp_path: Path) -> None:
    make_tokenizer(chat_template=POWER).save_pretrained(tmp_path / "endless")
    command = [sys.executable, "-c", STARTS, str(tmp_path / "endless")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as asking:
        assert asking.stdout is not None
        asking.stdout.readline()
        time.sleep(2)
        session = asking.pid
        asking.send_signal(signal.SIGKILL)
    limit = time.monotonic() + 60
    while time.monotonic() < limit and _session_members(session):
        time.sleep(0.2)
    assert _session_members(session) == []


def _session_members(session: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, own = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(own) == session and state != "Z":
            found.append(int(path.parent.name))
    return found
