"""A conversation, and two replies to it, under the names of axolotl and of hh_rlhf_cn.

Fields: messages (axolotl's chat_template) or context (hh_rlhf_cn), a list of messages that ends
before the reply; chosen and rejected, each one message, a list of messages or a text; optional
system, margin. `tools` is kept in metadata. Polarity: by field name.

Where both sides repeat a whole conversation, `messages` says nothing that they do not, and the
dialect is `implicit`.
"""

from __future__ import annotations

from prefdata.dialects.assembly import pair, text_or_messages, with_margin
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_NAMES, REJECTED_NAMES
from prefdata.dialects.implicit import share_messages
from prefdata.dialects.pairs import SCORE_PARTS, margin_of
from prefdata.errors import RowFault
from prefdata.records.record import ASSISTANT, Record


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    conversation = text_or_messages(values.get("messages"), "messages")
    if isinstance(conversation, str):
        raise RowFault("wrong-type", "messages is a text, not a list of messages")
    if conversation[-1].role == ASSISTANT:
        raise RowFault("wrong-type", "messages ends with an answer, not with what is answered")
    return with_margin(pair(values, "chosen", "rejected", asked="messages"), margin_of(values))


def _fits(values: Values) -> bool:
    return not share_messages(values["chosen"], values["rejected"])


CHAT = Dialect(
    name="chat",
    summary="axolotl's chat template: messages, and a chosen and a rejected reply to them",
    polarity="the field named chosen is the better one",
    parts=(
        DialectPart("messages", ("messages", "context")),
        DialectPart("system", ("system", "system_prompt"), required=False),
        DialectPart("chosen", CHOSEN_NAMES),
        DialectPart("rejected", REJECTED_NAMES),
        *SCORE_PARTS,
    ),
    convert=convert,
    fits=_fits,
    by_values=True,
    without=PROMPT_NAMES,
)
