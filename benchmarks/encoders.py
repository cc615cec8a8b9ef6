"""What encoders make of meaning, and how fast: the table by which the default is chosen.

    python benchmarks/encoders.py --data FILE... [--encoder NAME]... [--rows N]

Two kinds of rows. *Sayings*: the sentences of `paraphrases.py`, each against its paraphrase, its
distractor, its translation and all others. *Files* of preference data: each chosen answer against
its own prompt among all prompts of the file, and texts a second of processor time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from paraphrases import ITEMS, Saying

if TYPE_CHECKING:
    from prefdata.encoders.encoder import Encoder, Vectors
    from prefdata.steps.read.ingest import Reading

Matrix = npt.NDArray[np.float32]
Language = Literal["en", "zh"]
Pair = tuple[str, str]
"""A prompt and its chosen answer."""

LANGUAGES: tuple[Language, ...] = ("en", "zh")
BUILT_IN = ("multilingual", "english", "ngrams")


def recall(similarities: Matrix) -> tuple[float, float]:
    """Recall at 1 and mean reciprocal rank of the diagonal: row i belongs to column i.

    A tie counts against it, and so does a text without embedding.
    """
    own = np.diag(similarities)[:, None]
    ranks = (~(similarities < own)).sum(axis=1)  # itself included; NaN ranks last
    return float((ranks == 1).mean()), float((1 / ranks).mean())


def area(high: Matrix, low: Matrix) -> float:
    """AUROC: how often a number of `high` is above one of `low`; a tie is half."""
    above = (high[:, None] > low[None, :]).mean() + (high[:, None] == low[None, :]).mean() / 2
    return float(above)


def apart(similarities: Matrix) -> Matrix:
    """What is off the diagonal."""
    return similarities[~np.eye(len(similarities), dtype=np.bool_)]


def on_sayings(encoder: Encoder, language: Language) -> dict[str, float]:
    """Measures on the sentences of a language."""
    other: Language = "zh" if language == "en" else "en"
    said = [getattr(item, language) for item in ITEMS]
    texts, paraphrases, distractors = (_embedded(encoder, said, part) for part in Saying._fields)
    translations = _embedded(encoder, [getattr(item, other) for item in ITEMS], "text")
    alike, across = texts @ paraphrases.T, texts @ translations.T
    confused = np.einsum("ij,ij->i", texts, distractors)
    return {
        "paraphrase R@1": recall(alike)[0],
        "R@1, distractor too": float((_strict(alike) & (np.diag(alike) > confused)).mean()),
        "AUROC to distractor": area(np.diag(alike), confused),
        "AUROC to unrelated": area(np.diag(alike), apart(alike)),
        "translation R@1": recall(across)[0],
        "paraphrase": float(np.diag(alike).mean()),
        "distractor": float(confused.mean()),
        "unrelated": float(apart(texts @ texts.T).mean()),
    }


def _strict(similarities: Matrix) -> npt.NDArray[np.bool_]:
    own = np.diag(similarities)[:, None]
    ahead: npt.NDArray[np.bool_] = (~(similarities < own)).sum(axis=1) == 1
    return ahead


def _embedded(encoder: Encoder, sayings: Sequence[Saying], part: str) -> Vectors:
    return encoder.encode([getattr(saying, part) for saying in sayings]).vectors


def on_pairs(encoder: Encoder, pairs: Sequence[Pair]) -> dict[str, float]:
    """Measures on prompts and answers; texts/s: of processor time, all threads."""
    prompts, answers = map(list, zip(*pairs, strict=True))
    start = time.process_time()
    of_prompts, of_answers = encoder.encode(prompts).vectors, encoder.encode(answers).vectors
    seconds = time.process_time() - start
    similarities = of_answers @ of_prompts.T
    of_answer, of_prompt = recall(similarities), recall(similarities.T)
    known = np.nan_to_num(similarities)
    return {
        "own prompt R@1": of_answer[0],
        "MRR": of_answer[1],
        "own answer R@1": of_prompt[0],
        "AUROC to others": area(np.diag(known), apart(known)),
        "own": float(np.diag(known).mean()),
        "other": float(apart(known).mean()),
        "texts/s": 2 * len(pairs) / seconds,
    }


def pairs_of(path: Path, most: int) -> list[Pair]:
    """The first rows of a file that have a prompt and a chosen answer, as prefdata reads them."""
    from prefdata.config.model import ReadConfig
    from prefdata.pipeline.run.reading import find, readings

    with tempfile.TemporaryDirectory() as spool:
        config = ReadConfig()
        sources, _ = find([str(path)], config, Path(spool))
        todo = readings(sources, config)
        return list(islice(_pairs(todo), most))


def _pairs(readings: Sequence[Reading]) -> Iterator[Pair]:
    from prefdata.steps.read.records_or_quarantine import pieces

    for reading in readings:
        for piece in pieces(reading.segment, reading.match, reading.config):
            for record in piece.batch.select(["prompt", "chosen"]).to_pylist():
                pair = _joined(record["prompt"]), _joined(record["chosen"])
                if all(text.strip() for text in pair):
                    yield pair


def _joined(messages: Sequence[dict[str, str | None]]) -> str:
    """The contents of messages, those of the system left out."""
    return "\n".join(each["content"] or "" for each in messages if each["role"] != "system")


def opened(name: str) -> Encoder:
    """An encoder by its name in a config."""
    from prefdata.config.semantic import EncoderConfig
    from prefdata.encoders.open import open_encoder

    return open_encoder(EncoderConfig(name=name, device="cpu"))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="preference data")
    parser.add_argument("--encoder", action="append", help=f"absent: {', '.join(BUILT_IN)}")
    parser.add_argument("--rows", type=int, default=300, help="of each file, from its beginning")
    options = parser.parse_args()
    encoders = {name: opened(name) for name in options.encoder or BUILT_IN}
    for encoder in encoders.values():
        encoder.encode(["The first text loads the weights."])
    for language in LANGUAGES:
        found = {name: on_sayings(encoder, language) for name, encoder in encoders.items()}
        show(f"{len(ITEMS)} sayings, {language}", found)
    for path in options.data:
        pairs = pairs_of(path, options.rows)
        found = {name: on_pairs(encoder, pairs) for name, encoder in encoders.items()}
        show(f"{path.name}: {len(pairs)} prompts and answers", found)


def show(title: str, found: dict[str, dict[str, float]]) -> None:
    """A table: a row an encoder, a column a measure."""
    columns = list(next(iter(found.values())))
    print(f"\n{title}\n\n| encoder | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for name, measures in found.items():
        cells = (f"{value:.0f}" if value > 2 else f"{value:.3f}" for value in measures.values())
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
