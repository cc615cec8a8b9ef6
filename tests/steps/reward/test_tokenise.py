"""The tokenizers are trained on the spot: byte-level BPE, and WordPiece as encoders have it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.config.reward import LengthConfig
from prefdata.engines.local import LocalEngine
from prefdata.errors import DataError, UsageError
from prefdata.io.files.shards import REMARKS_SCHEMA, Shard, Written, read_table, write_table
from prefdata.preflight import load_tokenizer
from prefdata.records.columns import RECORD_SCHEMA, RecordColumns
from prefdata.records.record import Message, Record, assistant, system, user
from prefdata.reward.backbone.pairs import TokenPairs
from prefdata.steps.reward import tokenise as step
from prefdata.steps.reward.tokenise import TokenSummary, read_pairs, tokenise, tokens_identity
from prefdata.steps.reward.tokenise_shard import tokenizer_of
from prefdata.steps.verdict_tables import VERDICT_SCHEMA, Tables, verdict_file

CHATML = (
    "{% for m in messages %}{% if m.content == 'refuse' %}{{ raise_exception('no') }}{% endif %}"
    "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
BOS_CHATML = "<s>" + CHATML
ODD_ENDED = CHATML + "{% if messages[-1].role != 'assistant' %}(no answer yet){% endif %}"
NEVER_ALONE = (
    "{% if messages[-1].role != 'assistant' %}{{ raise_exception('alone') }}{% endif %}" + CHATML
)
SPECIAL = ["<|pad|>", "<|im_start|>", "<|im_end|>", "<s>"]
TEXTS = ["The sky is blue because air scatters light.", "天空是蓝色的，因为空气散射光线。"] * 20


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder for each kind of tokenizer."""
    from tokenizers import Tokenizer as Backend
    from tokenizers import decoders, models, pre_tokenizers, processors, trainers
    from transformers import BertTokenizerFast, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tokenizers")
    backend = Backend(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=SPECIAL,
        show_progress=False,
    )
    backend.train_from_iterator(TEXTS, trainer)
    plain = {"pad_token": "<|pad|>", "eos_token": "<|im_end|>"}
    for name, template, bos in (
        ("plain", None, None),
        ("chatml", CHATML, None),
        ("bos-chatml", BOS_CHATML, "<s>"),
        ("odd-ended", ODD_ENDED, None),
        ("never-alone", NEVER_ALONE, None),
    ):
        made = PreTrainedTokenizerFast(
            tokenizer_object=backend, chat_template=template, bos_token=bos, **plain
        )
        made.save_pretrained(folder / name)
    number = backend.token_to_id("<s>")
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", number)]
    )
    bos = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", **plain)
    bos.save_pretrained(folder / "bos")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz.?"]
    words += [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    (folder / "vocab.txt").write_text("\n".join([*words, *"天空蓝色光线"]))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    return folder


CHAT = ("chatml", "bos-chatml", "odd-ended")
ALL = (*CHAT, "plain", "bos", "bert")


def record(prompt: str, chosen: str, rejected: str, margin: float | None = None) -> Record:
    return Record((user(prompt),), (assistant(chosen),), (assistant(rejected),), margin)


def shards(
    folder: Path, parts: Sequence[Sequence[Record]], dropped: Sequence[int] = ()
) -> tuple[list[Shard], Tables]:
    """Shards of records, some of which a check has dropped."""
    made, first = [], 0
    for number, records in enumerate(parts):
        columns = RecordColumns()
        for row, each in enumerate(records):
            columns.append(row, row + 1, each)
        written = Written(f"{number}", len(records), len(records), 0, len(records), len(records))
        shard = Shard(folder, written, number, 0, first, 100)
        first += len(records)
        write_table(shard.records, [columns.batch()], RECORD_SCHEMA)
        write_table(shard.remarks, [], REMARKS_SCHEMA)
        gone = [{"row": r, "verdict": "drop", "reason": "x"} for r in shard.rows if r in dropped]
        table = pa.Table.from_pylist(gone, VERDICT_SCHEMA)
        write_table(verdict_file(folder / "checks", shard), table.to_batches(), VERDICT_SCHEMA)
        made.append(shard)
    return made, Tables(folder / "checks")


def tokenised(
    folder: Path,
    parts: Sequence[Sequence[Record]],
    tokenizer: Path,
    *,
    dropped: Sequence[int] = (),
    out: str = "out",
    workers: int = 1,
    **length: Any,
) -> tuple[TokenSummary, TokenPairs, list[dict[str, Any]]]:
    made, tables = shards(folder, parts, dropped)
    config = LengthConfig(**length)
    told: list[tuple[int, int]] = []

    def report(_: str, done: int, total: int) -> None:
        told.append((done, total))

    with LocalEngine(workers) as engine:
        summary = tokenise(
            engine, made, tables, str(tokenizer), config, folder / out, report, sources=["a.jsonl"]
        )
    assert not told or told[-1] == (len(parts), len(parts))
    verdicts = [line for b in read_table(folder / out / "verdicts.arrow") for line in b.to_pylist()]
    return summary, read_pairs(folder / out), verdicts


def as_trl(tokenizer: Any, each: Record) -> tuple[list[int], list[int]]:
    """The ids of both sides, computed the slow way, by the calls that TRL makes."""
    found = []
    for side in (each.chosen, each.rejected):
        if tokenizer.chat_template is not None:
            messages = [{"role": m.role, "content": m.content} for m in (*each.prompt, *side)]
            ids = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True)
        else:
            text = "".join(m.content or "" for m in (*each.prompt, *side))
            eos = tokenizer.eos_token or ""
            ids = tokenizer(text=text if text.endswith(eos) else text + eos)
        found.append(ids["input_ids"])
    return found[0], found[1]


@cache
def reference(folder: Path) -> Any:
    return load_tokenizer(str(folder))


TEXT = st.lists(
    st.sampled_from(["sky ", "blue", ". ", "\n", " ", "天空", "蓝色", "，", "é", "<s>", "light?"]),
    max_size=12,
).map("".join)
ROWS = st.lists(st.builds(record, TEXT, TEXT, TEXT, st.none() | st.just(1.5)), max_size=8)


@settings(max_examples=40)
@given(
    rows=ROWS,
    border=st.integers(0, 8),
    name=st.sampled_from(ALL),
    tokens=st.integers(2, 40),
    beyond=st.sampled_from(["drop", "truncate-prompt-left"]),
)
def test_every_row_is_a_pair_or_dropped_and_nothing_else_changes(
    saved: Path, rows: list[Record], border: int, name: str, tokens: int, beyond: str
) -> None:
    with TemporaryDirectory() as folder:
        parts = [rows[:border], rows[border:]]
        summary, pairs, verdicts = tokenised(
            Path(folder), parts, saved / name, tokens=tokens, beyond=beyond
        )
        check(rows, summary, pairs, verdicts, reference(saved / name), tokens)


def check(
    rows: list[Record],
    summary: TokenSummary,
    pairs: TokenPairs,
    verdicts: list[dict[str, Any]],
    tokenizer: Any,
    tokens: int,
) -> None:
    dropped = {line["row"]: line for line in verdicts if line["verdict"] == "drop"}
    flagged = {line["row"]: line for line in verdicts if line["verdict"] == "flag"}
    assert sorted([*pairs.rows.tolist(), *dropped]) == list(range(len(rows)))
    assert summary.rows == len(rows) == summary.pairs + sum(summary.dropped.values())
    assert summary.pairs == len(pairs)
    assert sum(summary.flagged.values()) == len(flagged)
    for number, row in enumerate(pairs.rows.tolist()):
        sides = [side.tolist() for side in pairs.sides(number)]
        whole = as_trl(tokenizer, rows[row])
        assert max(map(len, sides)) <= tokens
        assert min(pairs.chosen[number], pairs.rejected[number]) >= 1
        margin = pairs.margins[number]
        assert margin == rows[row].margin or (np.isnan(margin) and rows[row].margin is None)
        if row not in flagged:
            assert tuple(sides) == whole
            continue
        assert max(map(len, sides)) == tokens
        check_cut(rows[row], sides, whole, tokenizer)
    for row, line in dropped.items():
        whole = as_trl(tokenizer, rows[row])
        if line["reason"] == "too-long":
            assert max(map(len, whole)) > tokens
        elif line["reason"] == "no-tokens":
            assert not all(whole)
        elif line["reason"] == "identical-after-truncation":
            assert whole[0] == whole[1]


def check_cut(
    row: Record, sides: list[list[int]], whole: tuple[list[int], list[int]], tokenizer: Any
) -> None:
    """Only the beginning of the prompt is gone, and as much of it on both sides."""
    gone = {len(full) - len(side) for full, side in zip(whole, sides, strict=True)}
    assert len(gone) == 1
    opening = 1 if whole[0][0] in (tokenizer.bos_token_id, tokenizer.cls_token_id) else 0
    prompt = as_text(tokenizer, row)
    for full, side, said in zip(whole, sides, (row.chosen, row.rejected), strict=True):
        assert side == full[:opening] + full[opening + len(full) - len(side) :]
        removed = full[opening : opening + len(full) - len(side)]
        if tokenizer.name_or_path.endswith("bert"):  # its normaliser changes texts
            continue
        lost = tokenizer.decode(removed, clean_up_tokenization_spaces=False).rstrip("\ufffd")
        assert lost in prompt
        assert (said[0].content or "") in tokenizer.decode(side)


def as_text(tokenizer: Any, row: Record) -> str:
    if tokenizer.chat_template is None:
        return str(row.prompt[0].content)
    messages = [{"role": m.role, "content": m.content} for m in row.prompt]
    return str(tokenizer.apply_chat_template(messages, tokenize=False))


@pytest.mark.parametrize("name", ALL)
def test_a_long_prompt_loses_its_beginning(saved: Path, tmp_path: Path, name: str) -> None:
    tokenizer = reference(saved / name)
    rows = [
        record("the sky is " * 30 + "blue?", "light", "air"),
        record("天空蓝色" * 30, "光线 light", "光线 air"),  # completions that begin alike
        record("sky", "light " * 60, "air"),
    ]
    full = [as_trl(tokenizer, row) for row in rows]
    tokens = 40 if name != "bert" else 25
    assert min(max(map(len, sides)) for sides in full) > tokens
    summary, pairs, verdicts = tokenised(
        tmp_path, [rows], saved / name, tokens=tokens, beyond="truncate-prompt-left"
    )
    assert pairs.rows.tolist() == [0, 1]
    assert summary.flagged == {"prompt-truncated": 2}
    assert summary.dropped == {"too-long": 1}
    assert [(line["row"], line["reason"]) for line in verdicts] == [
        *((row, "prompt-truncated") for row in (0, 1)),
        (2, "too-long"),
    ]
    check(rows, summary, pairs, verdicts, tokenizer, tokens)
    opening = tokenizer.bos_token_id if name != "bert" else tokenizer.cls_token_id
    if opening is not None:
        assert all(pairs.parts(number)[0][0] == opening for number in range(2))
    longest = [max(map(len, sides)) for sides in full]
    assert verdicts[0]["evidence"].endswith(
        f"allowed {tokens}: the first {longest[0] - tokens} of the prompt left"
    )


@pytest.mark.parametrize("name", ["plain", "bos", "chatml", "bos-chatml"])
@pytest.mark.parametrize("said", ["the sky is blue", "天空是蓝色的"])
def test_completions_that_begin_alike_stay_whole(
    saved: Path, tmp_path: Path, name: str, said: str
) -> None:
    tokenizer = reference(saved / name)
    row = record(said, "光线 the light", "光线 the air")
    text = as_text(tokenizer, row).removeprefix("<s>")
    opening = tokenizer.bos_token_id is not None
    prompt = len(tokenizer(text, add_special_tokens=False)["input_ids"])
    whole = max(map(len, as_trl(tokenizer, row)))
    assert tokenizer.decode(as_trl(tokenizer, row)[0][opening:][:prompt]) == text.removeprefix(
        "<s>"
    )
    for out, tokens, kept in (("one", whole - prompt + 1, 1), ("none", whole - prompt, 0)):
        summary, pairs, verdicts = tokenised(
            tmp_path,
            [[row]],
            saved / name,
            out=out,
            tokens=tokens,
            beyond="truncate-prompt-left",
        )
        assert len(pairs) == summary.pairs == kept
        check([row], summary, pairs, verdicts, tokenizer, tokens)
    assert f"of which {prompt - 1} could go" in verdicts[0]["evidence"]


def test_a_prompt_that_no_template_renders_alone_is_not_cut(saved: Path, tmp_path: Path) -> None:
    row = record("the sky is " * 30, "light", "air")
    summary, _, verdicts = tokenised(
        tmp_path, [[row]], saved / "never-alone", tokens=40, beyond="truncate-prompt-left"
    )
    assert summary.dropped == {"too-long": 1}
    assert "fails on the prompt alone" in verdicts[0]["evidence"]


def test_conversations_are_rendered_whole(saved: Path, tmp_path: Path) -> None:
    prompt = (system("请用中文回答。"), user("hi"), assistant("hello"), user("天空？"))
    row = Record(prompt, (assistant("蓝色"),), (assistant("不知道🙂"),), -0.25)
    _, pairs, _ = tokenised(tmp_path, [[row]], saved / "chatml")
    found = tuple(side.tolist() for side in pairs.sides(0))
    assert found == as_trl(reference(saved / "chatml"), row)
    assert pairs.margins.tolist() == [-0.25]
    assert pairs.margins.dtype == np.float32


def test_reasons_are_counted_and_rows_dropped_before_are_not(saved: Path, tmp_path: Path) -> None:
    same = Record((user("q"),), (assistant("a"),), (Message("assistant", "a", '{"name":"b"}'),))
    rows = [
        record("gone", "a", "b"),
        record("q", "a", "b"),
        record("q", "refuse", "b"),
        record("q", "a", "a"),
        same,
        record("q", "x" * 300, "b"),
    ]
    summary, pairs, verdicts = tokenised(
        tmp_path, [rows[:3], [], rows[3:]], saved / "chatml", dropped=[0], tokens=100
    )
    assert summary.rows == 5
    assert pairs.rows.tolist() == [1]
    assert summary.dropped == {
        "identical-after-truncation": 1,
        "template-failure": 2,
        "too-long": 1,
    }
    assert [line["row"] for line in verdicts] == [2, 3, 4, 5]
    assert all(line["verdict"] == "drop" and line["evidence"] for line in verdicts)
    assert summary.tokens == sum(map(len, pairs.sides(0)))
    assert summary.shared == 2 * int(pairs.shared[0])
    assert summary.longest == max(map(len, pairs.sides(0)))
    assert summary.mode == "chat-template"


def test_a_side_without_tokens_is_no_side(saved: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    silent = AutoTokenizer.from_pretrained(saved / "plain")
    silent.eos_token = None
    silent.save_pretrained(tmp_path / "silent")
    summary, pairs, verdicts = tokenised(
        tmp_path, [[record("", "a", ""), record("q", "", "a")]], tmp_path / "silent"
    )
    assert summary.dropped == {"no-tokens": 1}
    assert verdicts[0]["evidence"] == "chosen 1 tokens, rejected 0"
    assert pairs.rows.tolist() == [1]
    assert pairs.chosen.tolist() == [1]  # read at the last token of the prompt


def test_the_error_names_the_first_rows(saved: Path, tmp_path: Path) -> None:
    rows = [record("q", "a", "b"), *(record("q", "x" * 300, "b") for _ in range(7))]
    with pytest.raises(DataError) as caught:
        tokenised(tmp_path, [rows[:3], rows[3:]], saved / "chatml", tokens=100, beyond="error")
    said = str(caught.value)
    assert said.startswith("7 of 8 pairs have more than 100 tokens: a.jsonl, row 102: chosen ")
    assert said.count("a.jsonl, row ") == 5
    assert "; ..." in said
    summary, *_ = tokenised(tmp_path, [rows[:1]], saved / "chatml", out="short", beyond="error")
    assert summary.pairs == 1


def test_an_unknown_tokenizer_is_named_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent"):
        tokenised(tmp_path, [[record("q", "a", "b")]], tmp_path / "absent")


@pytest.mark.parametrize("parts", [[], [[]], [[], []]])
def test_no_rows_are_no_pairs(saved: Path, tmp_path: Path, parts: list[list[Record]]) -> None:
    summary, pairs, verdicts = tokenised(tmp_path, parts, saved / "plain")
    assert (summary.rows, len(pairs), verdicts) == (0, 0, [])
    assert pairs.starts.tolist() == [0]


def many(count: int) -> list[list[Record]]:
    rows = [
        record(f"sky {n} " * (n % 40), f"blue {n}", f"光线 {n}", float(n)) for n in range(count)
    ]
    return [rows[:700], rows[700:710], rows[710:]]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_workers_rows_at_once_and_a_killed_run_change_no_byte(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"tokens": 60, "beyond": "truncate-prompt-left"}
    parts = many(1500)
    one, *_ = tokenised(tmp_path, parts, saved / "chatml", out="one", **options)
    assert one.flagged
    tokenised(tmp_path, parts, saved / "chatml", out="two", workers=2, **options)
    with monkeypatch.context() as patch:
        patch.setattr("prefdata.steps.reward.tokenise_shard.ROWS_AT_ONCE", 7)
        tokenised(tmp_path, parts, saved / "chatml", out="few", **options)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(step, "join_arrays", killed)
        tokenised(tmp_path, parts, saved / "chatml", out="killed", **options)
    done = sorted((tmp_path / "killed" / "parts").iterdir())
    stamps = [(part / "ids.npy").stat().st_mtime_ns for part in done]
    (done[1] / "done.json").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(step.shutil, "rmtree", lambda *_, **__: None)
        tokenised(tmp_path, parts, saved / "chatml", out="killed", **options)
    after = [(part / "ids.npy").stat().st_mtime_ns for part in done]
    assert [a == b for a, b in zip(stamps, after, strict=True)] == [True, False, True]
    expected = contents(tmp_path / "one")
    for out in ("two", "few", "killed"):
        assert contents(tmp_path / out) == expected
    assert not (tmp_path / "one" / "parts").exists()


def test_what_is_done_is_read(saved: Path, tmp_path: Path) -> None:
    parts = many(30)
    first, pairs, _ = tokenised(tmp_path, parts, saved / "plain")
    stamp = (tmp_path / "out" / "ids.npy").stat().st_mtime_ns
    again, *_ = tokenised(tmp_path, parts, saved / "plain")
    assert again == first
    assert (tmp_path / "out" / "ids.npy").stat().st_mtime_ns == stamp
    assert isinstance(pairs.ids.base, np.memmap)


def test_the_identity_is_of_tokenizer_and_lengths(saved: Path, tmp_path: Path) -> None:
    def identity(name: Path, **length: Any) -> str:
        return tokens_identity(str(name), LengthConfig(**length))

    assert identity(saved / "plain") == identity(saved / "plain")
    others = [identity(saved / name) for name in ALL]
    others += [identity(saved / "plain", tokens=9), identity(saved / "plain", beyond="error")]
    assert len(set(others)) == len(others)
    tokenizer_of.cache_clear()
    copy = tmp_path / "copy"
    reference(saved / "plain").save_pretrained(copy)
    assert identity(copy) == identity(saved / "plain")
