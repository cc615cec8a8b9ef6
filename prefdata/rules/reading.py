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
        "Correct the line; check for a cut line, a trailing comma, or two objects on one line.",
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
        "The row is a JSON value other than an object.",
        "Write every row as an object that names its fields.",
    ),
    _quarantine(
        "record-too-large",
        "The row is longer than the config allows (read.max_record_bytes).",
        "Look whether line breaks were lost; raise read.max_record_bytes if it is really one row.",
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
        "The file breaks off or is corrupt at this place; what comes after could not be read.",
        "Fetch the file again and compare its size or checksum.",
    ),
    _quarantine(
        "missing-field",
        "A field that the dialect needs is absent or null.",
        "Fill in the field, or name the right one with --map.",
    ),
    _quarantine(
        "wrong-type",
        "A number, boolean, list or object stands where text belongs.",
        "Write the value as text, or name the right field with --map.",
    ),
    _quarantine(
        "unknown-role",
        "A message has a role that is neither system, user, assistant nor tool, nor an alias.",
        "Rename the role.",
    ),
    _quarantine(
        "unreadable-messages",
        "A text is a message list as Python or NumPy prints one, and breaks off or is no literal.",
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
        "Give the prompt in a field of its own.",
    ),
    _quarantine(
        "unknown-label",
        "The judgement is not one of the values that the dialect knows.",
        "Write the label as the dialect says (prefdata inspect shows it), or drop the row.",
    ),
    _quarantine(
        "unsupported-content",
        "A message holds images, audio or another content that is not text.",
        'Name pictures in a field images of the row, and leave {"type": "image"} in the message.',
    ),
    Rule(
        "prompt-from-sides",
        "record",
        "note",
        "The sides say more of the prompt than its field; what both begin with is the prompt.",
        "Nothing to do, if the roles listed are those of the prompt that was answered.",
    ),
    Rule(
        "unreadable-media",
        "record",
        "error",
        "A field that should hold an image, video or audio in base64 holds none that decodes.",
        "Write the bytes again from their source, or give the path of the file.",
    ),
    Rule(
        "missing-media",
        "record",
        "warning",
        "Only the name of a picture is kept: no picture of that path lies beside the source file.",
        "Give paths relative to the source, inside of its folder; who loads others must find them.",
    ),
    Rule(
        "duplicate-key",
        "record",
        "warning",
        "The JSON object of the row names a key more than once; the last value counts.",
        "Correct whatever wrote the file: one of the values is lost.",
    ),
)
