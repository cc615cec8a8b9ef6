"""What goes wrong with files: each mutation spoils rows, or the place between two."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.fuzz.files import TextFile

_MARKS = ('"', "{", "}", "[", "]", ",", ":", "\\", "\n", "\x00", "\x1b", "x", " ", "]}", "},", '""')
_REMAINS = (
    *(
        "",
        "null",
        "[]",
        "{}",
        '""',
        "{",
        "}",
        "[",
        "]",
        "]}",
        '"',
        "[[",
        "}]",
        ",,,",
        "NaN",
        "1e999",
    ),
    *(
        '{"a": {"b": ',
        '"user", "content": "q"}], "chosen": ["x"], "rejected": ["y"]}',
        "\\",
        "\x00",
    ),
)
_BETWEEN = (
    "]",
    "}",
    "[",
    "{",
    ",",
    "]}",
    "[[",
    "\n",
    " ",
    "\ufeff",
    ",,",
    "null",
    "x",
    '""',
    "\n\n",
)
_BETWEEN_LINES = ("", " ", '""', '"",""', "]", "[]", "{", "null", "x", ",", "\ufeff", '"', "\t")


def mutate(random: Random, file: TextFile) -> None:
    """Spoils one row of the file, or the place after one, or what stands around all rows."""
    if random.random() < 0.03 and file.container not in ("csv", "tsv", "csv-all"):
        if random.random() < 0.5:
            file.head = random.choice(_CHANGES)(random, file.head)
            file.spoiled.add(0)  # it may stand in the same line
        else:
            file.tail = random.choice(_CHANGES)(random, file.tail)
            file.spoiled.add(len(file.rows) - 1)
        return
    index = random.randrange(len(file.rows))
    if random.random() < 0.8:
        change = random.choice(_CHANGES)
        before = file.rows[index]
        file.rows[index] = change(random, before)
        if file.rows[index] != before:
            file.spoiled.add(index)
    else:
        _between(random, file, index)


def cut_off(random: Random, file: TextFile) -> None:
    """Ends the file too early."""
    file.cut = random.randrange(len(file.text()) + 1)
    at = len(file.head)
    for index, (row, separator) in enumerate(zip(file.rows, file.separators, strict=True)):
        at += len(row)
        if at > file.cut:
            file.spoiled.add(index)
        at += len(separator)


def _between(random: Random, file: TextFile, index: int) -> None:
    separator = file.separators[index]
    if "\n" in separator and file.container in ("jsonl", "csv", "tsv", "csv-all"):
        file.separators[index] = separator + random.choice(_BETWEEN_LINES) + separator
    elif file.container in ("jsonl", "csv", "tsv", "csv-all"):
        return
    else:
        garbage = random.choice(_BETWEEN)
        if "\n" in garbage and file.container == "objects":
            return  # would make lines of them
        file.separators[index] = random.choice([garbage, separator + garbage, garbage + separator])


def _insert(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(_MARKS) + text[at:]


def _delete(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + text[at + random.choice([1, 1, 1, 2, 5, 20]) :]


def _replace(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(_MARKS) + text[at + 1 :]


def _cut_head(random: Random, text: str) -> str:
    return text[random.randrange(len(text) + 1) :]


def _cut_tail(random: Random, text: str) -> str:
    return text[: random.randrange(len(text) + 1)]


def _repeat(random: Random, text: str) -> str:
    begin, end = sorted(random.randrange(len(text) + 1) for _ in range(2))
    return text[:end] + text[begin:]


def _remains(random: Random, text: str) -> str:
    return random.choice(_REMAINS)


def _delete_a_mark(random: Random, text: str) -> str:
    places = [at for at, character in enumerate(text) if character in '"{}[],:']
    if not places:
        return ""
    at = random.choice(places)
    return text[:at] + text[at + 1 :]


_CHANGES: tuple[Callable[[Random, str], str], ...] = (
    *(_insert, _insert, _delete, _replace, _cut_head, _cut_tail, _repeat, _remains),
    _delete_a_mark,
)
