"""What a trainer would do to a row, measured with the tokenizer that it will use."""

from prefdata.preflight.examine import preflight
from prefdata.preflight.tokenizer import (
    load_tokenizer,
    tokenizer_findings,
    tokenizer_identity,
)
from prefdata.preflight.tokens import mode

__all__ = ["load_tokenizer", "mode", "preflight", "tokenizer_findings", "tokenizer_identity"]
