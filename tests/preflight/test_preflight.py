from __future__ import annotations

import json

import pytest

from prefdata.preflight import mode, preflight
from prefdata.records.finding import Finding
from prefdata.records.record import Message, Record, assistant, system, user


def pair(prompt, chosen, rejected, metadata="{}"):
    prompt = (user(prompt),) if isinstance(prompt, str) else tuple(prompt)
    sides = (side if isinstance(side, Message) else assistant(side) for side in (chosen, rejected))
    return Record(prompt, *((side,) for side in sides), metadata=metadata)


def place(finding):
    return finding.index, finding.code


def as_trl_counts(tokenizer, record, side, tools=None):
    """The ids of one side, computed the slow way, by the call that TRL makes."""
    messages = []
    for message in record.prompt + getattr(record, side):
        extra = json.loads(message.extra) if message.extra else {}
        messages.append({"role": message.role, "content": message.content, **extra})
    encoded = tokenizer.apply_chat_template(messages, tools=tools, tokenize=True, return_dict=True)
    return encoded["input_ids"]


ENGLISH = pair("Why is the sky blue?", "Air scatters light.", "Because, it is")
CHINESE = pair(
    [system("请用中文回答。"), user("天空为什么是蓝色的？")], "空气散射光线。", "不知道🙂"
)
MULTI_TURN = pair([user("hi"), assistant("hello"), user("why?")], "light " * 9, "no")
TOOL_CALL = Message(
    "assistant", None, json.dumps({"tool_calls": [{"function": {"name": "look", "arguments": {}}}]})
)
WITH_TOOL_CALL = pair([user("sky?"), TOOL_CALL, Message("tool", "blue")], "Blue.", "Red.")
RECORDS = (ENGLISH, CHINESE, MULTI_TURN, WITH_TOOL_CALL)


def test_sound_rows_give_no_finding(chatml, batch_of):
    assert preflight(batch_of(*RECORDS), chatml, 1024) == []


@pytest.mark.parametrize("record", RECORDS, ids=["english", "chinese", "multi-turn", "tool-call"])
def test_too_long_begins_one_token_past_what_trl_counts(chatml, batch_of, record):
    chosen = len(as_trl_counts(chatml, record, "chosen"))
    rejected = len(as_trl_counts(chatml, record, "rejected"))
    longest = max(chosen, rejected)
    assert preflight(batch_of(record), chatml, longest) == []
    evidence = f"chosen {chosen} tokens, rejected {rejected}, allowed {longest - 1}"
    assert Finding(0, "too-long", evidence) in preflight(batch_of(record), chatml, longest - 1)


@pytest.mark.parametrize("form", [lambda tools: tools, json.dumps], ids=["list", "json text"])
def test_tools_in_metadata_reach_the_template(chatml, batch_of, form):
    tools = [{"type": "function", "function": {"name": "look", "description": "天空 " * 9}}]
    record = pair("sky?", "Blue.", "Red.", json.dumps({"tools": form(tools)}))
    length = len(as_trl_counts(chatml, record, "chosen", tools))
    evidence = preflight(batch_of(record), chatml, 1)[0].evidence
    assert evidence.startswith(f"chosen {length} tokens")


@pytest.mark.parametrize("metadata", ['{"tools": "a hammer"}', '{"tools": null}', '{"tools": 3}'])
def test_tools_that_are_no_list_are_left_alone(chatml, batch_of, metadata):
    assert preflight(batch_of(pair("sky?", "Blue.", "Red.", metadata)), chatml, 99) == []


def test_sides_that_differ_only_past_the_cut(chatml, batch_of):
    record = pair("天空？", "光线 " * 30 + "blue", "光线 " * 30 + "red")
    ids = [as_trl_counts(chatml, record, side) for side in ("chosen", "rejected")]
    differ = next(at for at, pair in enumerate(zip(*ids, strict=False)) if len(set(pair)) > 1)
    long = (0, "identical-after-truncation")
    found = preflight(batch_of(record), chatml, differ)
    assert [place(finding) for finding in found] == [(0, "too-long"), long]
    assert f"differ from token {differ + 1} on" in found[1].evidence
    assert long not in [(f.index, f.code) for f in preflight(batch_of(record), chatml, differ + 1)]


def test_sides_that_the_tokenizer_cannot_tell_apart(chatml, batch_of):
    composed, decomposed = "caf\u00e9", "cafe\u0301"  # the same after NFC, its normaliser
    [finding] = preflight(batch_of(pair("drink?", composed, decomposed)), chatml, 99)
    assert finding.code == "identical-after-truncation"
    assert "to this tokenizer" in finding.evidence


def test_sides_identical_from_the_start_are_left_to_their_own_rule(chatml, batch_of):
    assert preflight(batch_of(pair("sky?", "Blue.", "Blue.")), chatml, 99) == []


NO_SYSTEM = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}"
)


def test_a_template_that_refuses_the_system_role(make_tokenizer, batch_of):
    tokenizer = make_tokenizer(chat_template=NO_SYSTEM)
    [finding] = preflight(batch_of(ENGLISH, CHINESE, MULTI_TURN), tokenizer, 99)
    assert place(finding) == (1, "template-failure")
    assert finding.evidence.endswith("prompt + chosen: TemplateError: System role not supported")


@pytest.mark.parametrize(
    "template",
    ["{{ messages[0].content }}", "{% for m in messages %}{{ m.content | trim }} {% endfor %}"],
    ids=["drops completions", "trims"],
)
def test_a_template_that_makes_both_sides_the_same(make_tokenizer, batch_of, template):
    tokenizer = make_tokenizer(chat_template=template)
    [finding] = preflight(batch_of(pair("sky?", "Blue.", "Blue. ")), tokenizer, 99)
    assert place(finding) == (0, "template-failure")
    assert "same text" in finding.evidence


@pytest.mark.parametrize("template", ["{{ nothing.at.all }}", "{% if %}", "{{ 1 / 0 }}"])
def test_a_broken_template_is_a_finding_of_every_row(make_tokenizer, batch_of, template):
    found = preflight(batch_of(*RECORDS), make_tokenizer(chat_template=template), 99)
    assert [place(finding) for finding in found] == [(n, "template-failure") for n in range(4)]


def test_data_is_a_value_and_never_a_template(chatml, batch_of):
    record = pair("{{ raise_exception('run') }}", "{% if %}", "{{ 7 * 7 }}")
    assert preflight(batch_of(record), chatml, 999) == []


def test_without_a_template_texts_are_joined_and_eos_added_once(make_tokenizer, batch_of):
    tokenizer = make_tokenizer(chat_template=None)
    assert mode(tokenizer) == "plain-text"
    chosen = len(tokenizer("天空？蓝色<|im_end|>")["input_ids"])
    rejected = len(tokenizer("天空？red<|im_end|>")["input_ids"])
    finding = preflight(batch_of(pair("天空？", "蓝色", "red<|im_end|>")), tokenizer, 1)[0]
    assert finding.evidence == f"chosen {chosen} tokens, rejected {rejected}, allowed 1"


def test_without_a_template_tool_calls_vanish(make_tokenizer, batch_of):
    other = Message("assistant", None, '{"tool_calls": []}')
    record = pair("sky?", TOOL_CALL, other)
    [finding] = preflight(batch_of(record), make_tokenizer(chat_template=None), 99)
    assert place(finding) == (0, "template-failure")


@pytest.mark.parametrize("at_once", [1, 3000, 1 << 20])
def test_findings_keep_their_rows_across_slices_and_goes(chatml, batch_of, monkeypatch, at_once):
    monkeypatch.setattr("prefdata.preflight.sides.CHARACTERS_AT_ONCE", at_once)
    long = pair("sky?", "x" * 999, "y" * 999)
    records = [ENGLISH] * 300 + [long] + [ENGLISH] * 20 + [long]
    found = preflight(batch_of(*records), chatml, 500)
    assert [place(finding) for finding in found] == [(300, "too-long"), (321, "too-long")]
    sliced = preflight(batch_of(*records).slice(299, 2), chatml, 500)
    assert [finding.index for finding in sliced] == [1]


def test_an_empty_batch(chatml, batch_of):
    assert preflight(batch_of(), chatml, 99) == []
