"""Tokenised rows, and the slow way to the same. Tokenizers are trained on the spot: byte-level BPE,
and WordPiece as encoders have it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from prefdata.config.reward import LengthConfig
from prefdata.engines.local import LocalEngine
from prefdata.io.files.shards import REMARKS_SCHEMA, Shard, Written, read_table, write_table
from prefdata.preflight import load_tokenizer
from prefdata.records.columns import RECORD_SCHEMA, RecordColumns
from prefdata.records.record import Record, assistant, user
from prefdata.reward.backbone.pairs import TokenPairs
from prefdata.steps.reward.tokenise import TokenSummary, read_pairs, tokenise
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


def save_tokenizers(folder: Path) -> Path:
    """Trains and saves each kind of tokenizer, in a folder of its own."""
    from tokenizers import Tokenizer as Backend
    from tokenizers import decoders, models, pre_tokenizers, processors, trainers
    from transformers import BertTokenizerFast, PreTrainedTokenizerFast

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


def assert_accounted_for(
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
        assert_cut(rows[row], sides, whole, tokenizer)
    for row, line in dropped.items():
        whole = as_trl(tokenizer, rows[row])
        if line["reason"] == "too-long":
            assert max(map(len, whole)) > tokens
        elif line["reason"] == "no-tokens":
            assert not all(whole)
        elif line["reason"] == "identical-after-truncation":
            assert whole[0] == whole[1]


def assert_cut(
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
