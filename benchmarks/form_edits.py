"""Rows and copies of them that differ in form or in meaning, and what prefdata makes of both.

    python benchmarks/form_edits.py make FILE.jsonl --rows 6000 --seed 7
    prefdata dedupe FILE.jsonl --out OUT
    python benchmarks/form_edits.py judge FILE.jsonl OUT
    python benchmarks/form_edits.py show OUT --verdict drop --count 100 --seed 7

Rows have UltraFeedback's shape: a prompt, two conversations, two scores. Half of them are copies of
an earlier one, after edits whose kind `FILE.jsonl.key` names: of form (case, blanks, punctuation,
quotes, Markdown, spelling), which leave a near-duplicate, or near-conflict where the sides are
swapped, or of meaning (a number, a word, a negation, an instruction...), which make another row.
`judge` counts which were dropped; `show` prints verdicts for a person to read, drawn by a seed, of
any output. Its texts are those of the output: do not commit them.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from form_texts import CHINESE, ENGLISH, Bank

from prefdata.transforms.duplicates.shingles import shingles_of
from prefdata.transforms.duplicates.similarity import jaccard
from prefdata.transforms.texts.differences import Span
from prefdata.transforms.texts.spelling import english_words

THRESHOLD = 0.8
NEAR = ("near-duplicate", "near-conflict", "duplicate-pair", "label-conflict")

Row = dict[str, Any]
Edit = Callable[[str, random.Random], str]

_BRITISH = {
    "color": "colour", "favorite": "favourite", "neighbor": "neighbour", "center": "centre",
    "organize": "organise", "realize": "realise", "gray": "grey", "flavor": "flavour",
    "traveled": "travelled", "analyze": "analyse", "behavior": "behaviour", "theater": "theatre",
}  # fmt: skip


# --- edits of form ------------------------------------------------------------------------------


def _case(text: str, draw: random.Random) -> str:
    way = draw.randrange(3)
    if way == 0:
        return text.upper()
    if way == 1:
        return text.lower()
    return " ".join(w.swapcase() if draw.random() < 0.1 else w for w in text.split(" "))


def _blanks(text: str, draw: random.Random) -> str:
    if " " not in text:
        return draw.choice([f" {text}\n", text.replace("。", "。\n"), text.replace("，", "， ")])
    gap = draw.choice(["  ", "\n", " \t"])
    return "".join(gap if c == " " and draw.random() < 0.1 else c for c in text) + "\n"


def _punctuation(text: str, draw: random.Random) -> str:
    marks = {",": ";", ".": "!", "，": "；", "。": "！", "、": "，", "：": "，", "?": "", "？": ""}
    return "".join(
        marks[c] if c in marks and not _in_number(text, i) and draw.random() < 0.5 else c
        for i, c in enumerate(text)
    )


def _in_number(text: str, at: int) -> bool:
    return text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit()


def _quotes(text: str, draw: random.Random) -> str:
    pairs = [("‘", "’"), ("“", "”"), ("«", "»"), ("「", "」")]
    left, right = draw.choice(pairs)
    return (
        text.replace(' "', f" {left}")
        .replace('"', right)
        .replace("'", "’")
        .translate({ord("“"): left, ord("”"): right})
    )


def _markdown(text: str, draw: random.Random) -> str:
    way = draw.randrange(4)
    words = text.split(" ")
    if way == 0 and len(words) > 3:
        at = draw.randrange(len(words))
        words[at] = f"**{words[at]}**"
        return " ".join(words)
    if way == 1:
        return f"## {text}"
    stop = "。" if "。" in text else ". "
    items = [item for item in text.split(stop) if item.strip()]
    if way == 2 and len(items) > 1:
        return "\n".join(f"{n}. {item}{stop.strip()}" for n, item in enumerate(items, 1))
    return "\n".join(f"- {item}{stop.strip()}" for item in items)


def _british(text: str, _: random.Random) -> str:
    for american, british in _BRITISH.items():
        text = text.replace(american, british)
    return text


def _slip(text: str, draw: random.Random) -> str:
    """One slip of the pen that makes no other word; only in English."""
    words = text.split(" ")
    places = [i for i, w in enumerate(words) if w.isalpha() and w.islower() and len(w) > 4]
    if not places or not text.isascii():
        return text
    at = draw.choice(places)
    words[at] = _slipped(words[at], draw)
    return " ".join(words)


def _slipped(word: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(word) - 1)
    letter = draw.choice("abcdefghijklmnoprstuvwy")
    made = draw.choice([
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + letter + word[at + 1 :],
    ])  # fmt: skip
    return word if made in english_words() else made


FORM: dict[str, Edit] = {
    "british": _british, "slip": _slip, "punctuation": _punctuation, "quotes": _quotes,
    "case": _case, "blanks": _blanks, "markdown": _markdown,
}  # fmt: skip


# --- edits of meaning ---------------------------------------------------------------------------


def _number(text: str, draw: random.Random) -> str:
    at = [i for i, c in enumerate(text) if c.isdigit()]
    if not at:
        return text
    place = draw.choice(at)
    return text[:place] + str((int(text[place]) + draw.randrange(1, 9)) % 10) + text[place + 1 :]


def _replaced(pairs: list[tuple[str, str]]) -> Edit:
    def edit(text: str, draw: random.Random) -> str:
        held = [pair for pair in pairs if pair[0] in text]
        return text.replace(*draw.choice(held), 1) if held else text

    return edit


def _instruction(text: str, draw: random.Random) -> str:
    english = (
        " Answer in one sentence.", " Do not use the letter e.", " Reply in French.",
        " Give the wrong answer on purpose.", " Use a table.", " Write for a child of six.",
    )  # fmt: skip
    chinese = (
        "请用一句话回答。",
        "用法语回答。",
        "故意答错。",
        "请列成表格。",
        "写给六岁的孩子看。",
    )
    added = draw.choice(english if " " in text else chinese)
    return text + added if draw.random() < 0.5 else added.strip() + " " + text


def _turned(text: str, draw: random.Random) -> str:
    """Two words change places."""
    words = text.split(" ") if " " in text else list(text)
    if len(words) < 5:
        return text
    at = draw.randrange(1, len(words) - 3)
    if words[at].isalpha() and words[at + 2].isalpha():
        words[at], words[at + 2] = words[at + 2], words[at]
    return (" " if " " in text else "").join(words)


def _word(bank: Bank) -> Edit:
    groups = [list(group) for group in bank.slots.values()]

    def edit(text: str, draw: random.Random) -> str:
        held = [(word, group) for group in groups for word in group if word in text]
        if not held:
            return text
        word, group = draw.choice(held)
        return text.replace(word, draw.choice([w for w in group if w != word]), 1)

    return edit


def meaning(bank: Bank) -> dict[str, Edit]:
    """The edits of meaning in a language."""
    return {
        "number": _number,
        "negation": _replaced(bank.negations),
        "opposite": _replaced(bank.opposites),
        "other word": _replaced(bank.confusable),
        "word": _word(bank),
        "instruction": _instruction,
        "order": _turned,
    }


# --- rows ---------------------------------------------------------------------------------------


def rows_with_copies(count: int, seed: int) -> Iterator[tuple[Row, Row]]:
    """(row, key): rows, and copies of earlier ones after edits that the key names."""
    draw = random.Random(seed)
    sources: list[tuple[Row, Bank]] = []
    for number in range(count):
        if not sources or draw.random() < 0.5:
            bank = CHINESE if draw.random() < 0.3 else ENGLISH
            sources.append((_row(bank, draw), bank))
            yield sources[-1][0] | {"number": str(number)}, {"kind": "source", "of": ""}
            sources[-1][0]["number"] = str(number)
        else:
            row, bank = draw.choice(sources)
            yield _copy(row, bank, draw, str(number))


def _row(bank: Bank, draw: random.Random) -> Row:
    return {
        "prompt": bank.text(bank.questions, 3, draw),
        "chosen": bank.text(bank.answers, draw.randrange(5, 9), draw),
        "rejected": bank.text(bank.answers, draw.randrange(5, 9), draw),
    }


def _copy(row: Row, bank: Bank, draw: random.Random, number: str) -> tuple[Row, Row]:
    is_form = draw.random() < 0.5
    edits = FORM if is_form else meaning(bank)
    drawn = draw.sample(list(edits), draw.randrange(1, 4) if is_form else 1)
    kinds = [kind for kind in edits if kind in drawn]
    made = {part: row[part] for part in ("prompt", "chosen", "rejected")}
    parts = draw.sample(list(made), draw.randrange(1, 4))
    for kind in kinds:
        for part in ["prompt"] if kind == "instruction" else parts:
            made[part] = edits[kind](made[part], draw)
    is_swapped = draw.random() < 0.2
    if is_swapped:
        made["chosen"], made["rejected"] = made["rejected"], made["chosen"]
    is_same = all(made[part] in (row[part], row[_OTHER[part]]) for part in made)
    key = {
        "kind": "same" if is_same else "form" if is_form else "meaning",
        "edits": "+".join(kinds),
        "of": row["number"],
        "swapped": str(int(is_swapped)),
        "similarity": f"{_similarity(row, made, is_swapped=is_swapped):.3f}",
    }
    return made | {"number": number}, key


_OTHER = {"prompt": "prompt", "chosen": "rejected", "rejected": "chosen"}


def _similarity(one: Row, other: Row, *, is_swapped: bool) -> float:
    return min(
        jaccard(
            shingles_of(one[part], 3, 5),
            shingles_of(other[_OTHER[part] if is_swapped else part], 3, 5),
        )
        for part in _OTHER
    )


def as_ultrafeedback(row: Row) -> dict[str, Any]:
    """A row in UltraFeedback's shape."""
    asked = {"role": "user", "content": row["prompt"]}
    made: dict[str, Any] = {"prompt": row["prompt"]}
    for side in ("chosen", "rejected"):
        made[side] = [asked, {"role": "assistant", "content": row[side]}]
    return made | {"score_chosen": 8.0, "score_rejected": 5.0}


def make(path: Path, count: int, seed: int) -> None:
    """Writes the rows and their key."""
    with path.open("w", encoding="utf-8") as rows, key_of(path).open("w") as keys:
        for row, key in rows_with_copies(count, seed):
            rows.write(json.dumps(as_ultrafeedback(row), ensure_ascii=False) + "\n")
            keys.write(json.dumps(key) + "\n")


def key_of(path: Path) -> Path:
    """Where the key of a file lies."""
    return path.with_name(f"{path.name}.key")


def judge(path: Path, out: Path) -> None:
    """Prints how many copies of each kind were dropped for the row that they are copies of, for
    another one (a copy of it with the same edit, mostly), flagged or passed by."""
    import polars as pl

    ledger = pl.read_parquet(out / "ledger" / "*.parquet").sort("row")
    keys = [json.loads(line) for line in key_of(path).read_text().splitlines()]
    table: Counter[tuple[str, str, str]] = Counter()
    for key, line in zip(keys, ledger.iter_rows(named=True), strict=True):
        if key["kind"] == "source":
            continue
        fate = "flagged" if line["flags"] else "passed by"
        if line["verdict"] == "drop" and line["reason"] in NEAR:
            fate = "dropped" if str(line["other"]) == key["of"] else "for another"
        close = float(key["similarity"]) >= THRESHOLD
        kind = key["kind"] if close else f"{key['kind']}, below {THRESHOLD}"
        table[kind, key["edits"] if key["kind"] == "meaning" else "all", fate] += 1
    for (kind, edits, fate), rows in sorted(table.items()):
        print(f"{kind:20} {edits:14} {fate:10} {rows:6}")


def show(out: Path, verdict: str, reasons: list[str], count: int, seed: int) -> None:
    """Prints verdicts, drawn at random, each with what only one of the two rows says."""
    from prefdata.io.files.ledger import scan_ledger
    from prefdata.pipeline.explanation.side_by_side import compared, rows_of

    ledger = scan_ledger(out)
    lines = ledger.collect().sort("row").to_dicts()
    named = [found for line in lines for found in _named(line, verdict, reasons)]
    print(f"{len(named)} in all")
    for number, (line, reason, other, evidence) in enumerate(
        random.Random(seed).sample(named, min(count, len(named))), 1
    ):
        print(f"\n### {number}. row {line['row']}, {reason} of {other}: {evidence}")
        rows = rows_of(out, ledger, [line], [other])
        for part in compared(rows[line["row"]], rows[other], (reason,)).parts:
            print(f"  {part.left}: {''.join(map(_marked, part.difference.spans))}")


def _marked(span: Span) -> str:
    if span.kind == "same":
        text = span.text
        return text if len(text) < 120 else f"{text[:50]} ... {text[-50:]}"
    return f"[-{span.text}-]" if span.kind == "left" else f"{{+{span.text}+}}"


def _named(
    line: Row, verdict: str, reasons: list[str]
) -> Iterator[tuple[dict[str, Any], str, int, str]]:
    """(line, reason, other, evidence) of each verdict on a line of the ledger for some reasons."""
    verdicts = [line] if verdict == "drop" else line["flags"]
    if (line["verdict"] == "drop") == (verdict == "drop"):
        for found in verdicts:
            if found["reason"] in reasons:
                yield line, found["reason"], found["other"], found["evidence"]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("path", type=Path)
    making.add_argument("--rows", type=int, default=6000)
    making.add_argument("--seed", type=int, default=7)
    judging = commands.add_parser("judge")
    judging.add_argument("path", type=Path)
    judging.add_argument("out", type=Path)
    showing = commands.add_parser("show")
    showing.add_argument("out", type=Path)
    showing.add_argument("--verdict", choices=["drop", "flag"], default="drop")
    showing.add_argument("--reasons", nargs="+", default=["near-duplicate", "near-conflict"])
    showing.add_argument("--count", type=int, default=100)
    showing.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.command == "make":
        make(options.path, options.rows, options.seed)
    elif options.command == "judge":
        judge(options.path, options.out)
    else:
        show(options.out, options.verdict, options.reasons, options.count, options.seed)


if __name__ == "__main__":
    main()
