"""Rules of the readers: reasons of quarantine, and findings on rows that were read.

Reasons of quarantine are always errors: without a record there is nothing to keep.
"""

from __future__ import annotations

from prefdata.rules.rule import Rule


def _quarantine(code: str, summary: str, fix: str) -> Rule:
    return Rule(code, "reading", "error", summary, fix)


RULES = (
    _quarantine(
        "invalid-json",
        "The row is not valid JSON.",
        "Correct the line; look for a cut-off line, a trailing comma, or two objects on one line.",
    ),
    _quarantine(
        "invalid-utf8",
        "The row holds bytes that are not valid in the encoding of its file.",
        "Convert the file to UTF-8 from the encoding that it was written in.",
    ),
    _quarantine(
        "lone-surrogate",
        "A JSON string holds half of a surrogate pair, such as \\ud83d, which is no character.",
        "Write the character whole: a text was cut in the middle of an emoji.",
    ),
    _quarantine(
        "not-an-object",
        "The row is a JSON value, but not an object.",
        "Write every row as an object that names its fields.",
    ),
    _quarantine(
        "record-too-large",
        "The row is longer than the config allows (read.max_record_bytes).",
        "Check whether line breaks were lost; if it really is one row, raise "
        "read.max_record_bytes.",
    ),
    _quarantine(
        "ragged-row",
        "A CSV row has more or fewer fields than the header.",
        "Quote the fields that hold a delimiter or a line break.",
    ),
    _quarantine(
        "unbalanced-quote",
        "A CSV field opens a quotation mark that is never closed.",
        "Close the quotation mark; write quotation marks inside a field twice.",
    ),
    _quarantine(
        "truncated-file",
        "The file ends early or is corrupt here; what comes after could not be read.",
        "Download the file again and compare its size or checksum.",
    ),
    _quarantine(
        "missing-field",
        "A field that the dialect needs is absent or null.",
        "Fill in the field, or name the right one with --map.",
    ),
    _quarantine(
        "wrong-type",
        "A field that must be text holds a number, boolean, list or object.",
        "Write the value as text, or name the right field with --map.",
    ),
    _quarantine(
        "unknown-role",
        "The role of a message is not system, user, assistant, tool or an alias of one of these.",
        "Rename the role to one of these.",
    ),
    _quarantine(
        "unreadable-messages",
        "A text is a message list as Python or NumPy prints it, but it is cut off or cannot be "
        "parsed.",
        "Write the file again as JSON Lines or Parquet, or with json.dumps in CSV.",
    ),
    _quarantine(
        "empty-conversation",
        "A message list holds no message.",
        "Fill in the conversation, or drop the row.",
    ),
    _quarantine(
        "no-shared-prompt",
        "Two whole conversations share no beginning, so there is no prompt to take from them.",
        "Put the prompt into a field of its own.",
    ),
    _quarantine(
        "unknown-label",
        "The label is not one of the values that the dialect knows.",
        "Write the label as the dialect requires (prefdata inspect shows it), or drop the row.",
    ),
    _quarantine(
        "unsupported-content",
        "A message contains images, audio or other content that is not text.",
        'Put the pictures into a field images of the row, and keep {"type": "image"} in the '
        "message.",
    ),
    Rule(
        "prompt-from-sides",
        "record",
        "note",
        "Both sides begin with more of the prompt than its field holds; their shared beginning "
        "is used.",
        "Nothing, if the roles listed are those of the prompt that was answered.",
    ),
    Rule(
        "unreadable-media",
        "record",
        "error",
        "A field that should hold an image, video or audio in base64 cannot be decoded.",
        "Write the bytes again from the original file, or give the path of the file.",
    ),
    Rule(
        "missing-media",
        "record",
        "warning",
        "Only the name of a picture is kept: there is no picture with that path beside the "
        "source file.",
        "Give paths relative to the source file and within its folder; other paths are kept as "
        "names.",
    ),
    Rule(
        "duplicate-key",
        "record",
        "warning",
        "The JSON object of the row has the same key more than once; the last value is used.",
        "Correct the program that wrote the file: all but the last value are lost.",
    ),
)
