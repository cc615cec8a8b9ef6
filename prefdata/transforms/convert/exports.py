"""The shapes of trainers and services that have field names of their own.

| format | owner | columns |
|---|---|---|
| kto | TRL's KTOTrainer | `prompt`, `completion`: messages; `label`; two rows a pair |
| swift | ms-swift | `messages`, the last of them chosen; `rejected_response` |
| axolotl | axolotl, `chat_template.default` | `messages`; `chosen`, `rejected`: one message each |
| openai | OpenAI, preference fine-tuning | `input`, `preferred_output`, `non_preferred_output` |
| nemo-rl | NeMo-RL | `context`; `completions`: `rank` (0 is best) and `completion` |
| verl | verl's reward model dataset | `prompt`, `chosen`, `rejected`: text |
| ultrafeedback | UltraFeedback, binarized | `prompt`, `prompt_id`; messages in the others |

Messages come as the columns of the format `conversational`, whose lists are rearranged here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import msgspec
import numpy as np
import pyarrow as pa

from prefdata.config.section import RecordFormat
from prefdata.records.tools import tools_of

EXPORTS: tuple[RecordFormat, ...] = (
    *("kto", "swift", "axolotl", "openai", "nemo-rl", "verl", "ultrafeedback"),
)
"""The formats of this module."""

NO_MARGIN: frozenset[RecordFormat] = frozenset({"kto", "axolotl", "openai", "nemo-rl", "verl"})
"""Formats whose owner reads no margin."""
NO_TOOLS: frozenset[RecordFormat] = frozenset({"axolotl", "nemo-rl", "verl", "ultrafeedback"})
"""Formats whose owner reads no tools."""
NO_METADATA: frozenset[RecordFormat] = frozenset({"openai"})
"""Formats whose owner refuses fields that it does not know."""
ROWS_OF_A_PAIR: Mapping[RecordFormat, int] = {"kto": 2}
"""The rows that one pair becomes, where they are not one."""

_encode = msgspec.json.Encoder().encode


def export_schema(record_format: RecordFormat, messages: pa.ListType) -> pa.Schema:
    """The columns of a format; `messages`: the type of a list of messages."""
    text = pa.string()
    fields: dict[str, dict[str, pa.DataType]] = {
        "kto": {"prompt": messages, "completion": messages, "label": pa.bool_()},
        "swift": {"messages": messages, "rejected_response": text},
        "axolotl": {
            "messages": messages,
            "chosen": messages.value_type,
            "rejected": messages.value_type,
        },
        "openai": {
            "input": _input_type(messages),
            "preferred_output": messages,
            "non_preferred_output": messages,
        },
        "nemo-rl": {"context": messages, "completions": pa.list_(_ranked_type(messages))},
        "verl": {"prompt": text, "chosen": text, "rejected": text},
        "ultrafeedback": {
            "prompt": text,
            "prompt_id": text,
            "chosen": messages,
            "rejected": messages,
            "messages": messages,
        },
    }
    return pa.schema(list(fields[record_format].items()))


@dataclass(frozen=True)
class Sides:
    """The sides of n pairs in the forms that formats are made of.

    `prompt`, `chosen`, `rejected`: lists of messages; `whole` and `other`: those of the prompt with
    chosen, with rejected. `texts`: the content of the only message of prompt, chosen and rejected,
    only if the format has one each. `metadata`: JSON text.
    """

    prompt: pa.ListArray
    chosen: pa.ListArray
    rejected: pa.ListArray
    whole: pa.ListArray
    other: pa.ListArray
    texts: Callable[[str], pa.StringArray]
    metadata: pa.StringArray


def export_columns(record_format: RecordFormat, sides: Sides) -> dict[str, pa.Array]:
    """The columns of `export_schema` for n pairs, 2n rows for kto."""
    return _COLUMNS[record_format](sides)


def doubled(column: pa.Array) -> pa.Array:
    """Every value twice, one after the other."""
    return column.take(pa.array(np.repeat(np.arange(len(column)), 2)))


def _kto(sides: Sides) -> dict[str, pa.Array]:
    return {
        "prompt": doubled(sides.prompt),
        "completion": _interleaved(sides.chosen, sides.rejected),
        "label": pa.array(np.tile([True, False], len(sides.prompt))),
    }


def _swift(sides: Sides) -> dict[str, pa.Array]:
    return {"messages": sides.whole, "rejected_response": sides.texts("rejected")}


def _axolotl(sides: Sides) -> dict[str, pa.Array]:
    # one message a list, so the messages of a column are its rows
    return {
        "messages": sides.prompt,
        "chosen": sides.chosen.flatten(),
        "rejected": sides.rejected.flatten(),
    }


def _openai(sides: Sides) -> dict[str, pa.Array]:
    lists = [tools_of(metadata) or [] for metadata in sides.metadata.to_pylist()]
    texts = [_encode(tool).decode() for tools in lists for tool in tools]
    tools = pa.ListArray.from_arrays(
        pa.array(np.cumsum([0, *map(len, lists)]), pa.int32()),
        pa.ExtensionArray.from_storage(pa.json_(), pa.array(texts, pa.string())),
    )
    parallel = pa.array(np.ones(len(sides.prompt), np.bool_))
    given = pa.StructArray.from_arrays(
        [sides.prompt, tools, parallel], fields=list(_input_type(sides.prompt.type))
    )
    return {
        "input": given,
        "preferred_output": sides.chosen,
        "non_preferred_output": sides.rejected,
    }


def _nemo_rl(sides: Sides) -> dict[str, pa.Array]:
    count = len(sides.prompt)
    kind = _ranked_type(sides.prompt.type)
    ranks = pa.array(np.tile([0, 1], count), pa.int64())
    completions = [ranks, _interleaved(sides.chosen, sides.rejected)]
    ranked = pa.StructArray.from_arrays(completions, fields=list(kind))
    pairs = pa.ListArray.from_arrays(pa.array(np.arange(count + 1) * 2, pa.int32()), ranked)
    return {"context": sides.prompt, "completions": pairs}


def _verl(sides: Sides) -> dict[str, pa.Array]:
    return {name: sides.texts(name) for name in ("prompt", "chosen", "rejected")}


def _ultrafeedback(sides: Sides) -> dict[str, pa.Array]:
    prompts = sides.texts("prompt")
    ids = [sha256(prompt.encode()).hexdigest() for prompt in prompts.to_pylist()]
    return {
        "prompt": prompts,
        "prompt_id": pa.array(ids, pa.string()),
        "chosen": sides.whole,
        "rejected": sides.other,
        "messages": sides.whole,
    }


_COLUMNS: Mapping[str, Callable[[Sides], dict[str, pa.Array]]] = {
    "kto": _kto,
    "swift": _swift,
    "axolotl": _axolotl,
    "openai": _openai,
    "nemo-rl": _nemo_rl,
    "verl": _verl,
    "ultrafeedback": _ultrafeedback,
}


def _input_type(messages: pa.ListType) -> pa.StructType:
    parts = [("messages", messages), ("tools", pa.list_(pa.json_()))]
    return pa.struct([*parts, ("parallel_tool_calls", pa.bool_())])


def _ranked_type(messages: pa.ListType) -> pa.StructType:
    return pa.struct([("rank", pa.int64()), ("completion", messages)])


def _interleaved(one: pa.ListArray, other: pa.ListArray) -> pa.ListArray:
    """The first of one, the first of the other, the second of one..."""
    order = np.arange(2 * len(one)).reshape(2, -1).T.reshape(-1)
    return pa.concat_arrays([one, other]).take(pa.array(order))
