"""Measures how fast texts become embeddings, beside SentenceTransformer.encode with its defaults.

    python benchmarks/encode.py --data COMPLETIONS.jsonl.gz --texts 10000

One model, in one process, by turns: every turn runs each contender once on the same texts, and a
ratio is the median over the turns of theirs by ours, so that both met the same machine. Texts are
the completions of the file as they come, duplicates included, and then the different ones alone.
`first` cuts a long text as SentenceTransformer does; `pool` reads all of it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from machine import machine
from report import target_table, verdict

FIELDS = ("output_1", "output_2", "chosen", "rejected", "output", "completion", "response")
SAME_PRECISION, FASTEST = 1.3, 3.0

Values = dict[str, Any]
Encode = Callable[[list[str]], Any]


def main() -> None:
    """The command line."""
    options = _options()
    if options.data is None or not options.data.exists():
        print(f"skipped: no file of real completions ({options.data or 'pass --data FILE'})")
        return
    if hasattr(os, "sched_setaffinity"):  # every library finds as many cores as there are threads
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: options.threads]))
    texts = completions(options.data, options.fields)[: options.texts]
    contenders, tokens = _contenders(options)
    report: Values = {
        "machine": machine(),
        "options": {k: str(v) for k, v in vars(options).items()},
    }
    targets: list[Values] = []
    parts = {"as they come": texts, "different": list(dict.fromkeys(texts))}
    for name in parts if options.part is None else (options.part,):
        chosen = parts[name]
        measured = _by_turns(contenders, chosen, options.runs)
        report[name] = _values(measured, chosen, tokens(chosen))
        print(_table(name, report[name]))
        targets += _targets(name, report[name])
    print(target_table(targets))
    report["targets"] = targets
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def completions(path: Path, fields: tuple[str, ...]) -> list[str]:
    """The texts of the named fields, row by row; of a conversation, the last message."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = raw.decode("utf-8")
    is_list = text.lstrip().startswith("[")
    rows = json.loads(text) if is_list else [json.loads(line) for line in text.split("\n") if line]
    values = (row[field] for row in rows for field in fields if row.get(field))
    return [_text(value) for value in values]


def _text(value: Any) -> str:
    last = value[-1] if isinstance(value, list) else value
    if isinstance(last, dict):
        last = last.get("content") or last.get("value")
    return str(last)


def _contenders(options: argparse.Namespace) -> tuple[dict[str, Encode], Callable[..., Values]]:
    import torch
    from sentence_transformers import SentenceTransformer

    from prefdata.config.semantic import EncoderConfig
    from prefdata.encoders.open import open_encoder
    from prefdata.encoders.tokens import token_ids
    from prefdata.encoders.transformer import encoder_folder
    from prefdata.models.quiet import quiet

    torch.set_num_threads(options.threads)
    folder = str(encoder_folder(options.model))
    with quiet():
        peer = SentenceTransformer(folder, device="cpu")
    shared = {"name": options.model, "device": "cpu", "cache": options.cache}
    shared |= {"batch_tokens": options.batch_tokens}
    float32 = {"backend": "torch", "dtype": "float32"}
    encoders = {
        "prefdata float32, first": open_encoder(EncoderConfig(**shared, **float32, long="first")),
        "prefdata auto, first": open_encoder(EncoderConfig(**shared, long="first")),
        "prefdata auto, pool": open_encoder(EncoderConfig(**shared)),
    }
    for name, encoder in encoders.items():
        found = encoder.identity
        print(f"{name}: {found.backend} {found.dtype}, window {found.window}")
    window = int(peer.max_seq_length or 0)

    def tokens(texts: list[str]) -> Values:
        lengths = [len(ids) + 2 for ids in token_ids(peer.tokenizer, texts)]
        return {"first": sum(min(length, window) for length in lengths), "pool": sum(lengths)}

    return {"SentenceTransformer": peer.encode} | {
        name: encoder.encode for name, encoder in encoders.items()
    }, tokens


def _by_turns(contenders: dict[str, Encode], texts: list[str], runs: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for encode in contenders.values():
        encode(texts[:64])  # what is done once, is done
    for turn in range(runs):
        for name, encode in contenders.items():
            begin = time.perf_counter()
            encode(texts)
            seconds[name].append(time.perf_counter() - begin)
            print(f"  turn {turn + 1}: {name} {seconds[name][-1]:.1f} s", file=sys.stderr)
    return seconds


def _values(seconds: dict[str, list[float]], texts: list[str], tokens: Values) -> Values:
    peer = seconds["SentenceTransformer"]
    return {
        name: {
            "texts_per_second": len(texts) / median(own),
            "tokens_per_second": tokens["pool" if "pool" in name else "first"] / median(own),
            "times_as_fast": median(theirs / mine for theirs, mine in zip(peer, own, strict=True)),
            "seconds": own,
        }
        for name, own in seconds.items()
    } | {"texts": len(texts), "tokens": tokens}


def _table(name: str, values: Values) -> str:
    lines = [
        f"\n{values['texts']:,} texts, {name}; {values['tokens']['first']:,} tokens within the "
        f"window of {values['tokens']['pool']:,}\n",
        "| | texts/s | tokens of the input/s | times as fast |",
        "|---|--:|--:|--:|",
    ]
    lines += [
        f"| {who} | {found['texts_per_second']:.1f} | {found['tokens_per_second']:,.0f} "
        f"| {found['times_as_fast']:.2f} |"
        for who, found in values.items()
        if isinstance(found, dict) and "seconds" in found
    ]
    return "\n".join(lines) + "\n"


def _targets(name: str, values: Values) -> list[Values]:
    asked = {"prefdata float32, first": SAME_PRECISION, "prefdata auto, first": FASTEST}
    found = [(who, least, values[who]["times_as_fast"]) for who, least in asked.items()]
    return [
        verdict(
            f"{who}, texts {name}: against SentenceTransformer",
            f"≥ {least:g}×",
            f"{reached:.2f}×",
            reached >= least,
        )
        for who, least, reached in found
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="JSON Lines (.gz too) or a JSON list of rows")
    parser.add_argument("--fields", type=lambda text: tuple(text.split(",")), default=FIELDS)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--part", choices=("as they come", "different"), help="one of the two only")
    parser.add_argument("--runs", type=int, default=3, help="turns")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", default="english", help="as encoder.name")
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--cache", help="as encoder.cache: where a conversion is kept")
    parser.add_argument("--out", type=Path, help="JSON file for every figure")
    return parser.parse_args()


if __name__ == "__main__":
    main()
