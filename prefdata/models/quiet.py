"""Silences libraries that load models: progress bars, notices and log lines."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LOGGERS = ("transformers", "sentence_transformers", "huggingface_hub", "openvino")


@contextmanager
def quiet() -> Iterator[None]:
    """Suppresses progress bars, warnings and log lines below an error; restores all afterwards."""
    import huggingface_hub.utils
    import transformers.utils.logging

    hub: Any = huggingface_hub.utils
    transformers_logging: Any = transformers.utils.logging

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    bars = transformers_logging.is_progress_bar_enabled()
    hub_bars = not hub.are_progress_bars_disabled()
    transformers_logging.disable_progress_bar()  # and, in some versions, that of huggingface_hub
    hub.disable_progress_bars()
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if bars:
            transformers_logging.enable_progress_bar()
        if hub_bars:
            hub.enable_progress_bars()


def cause_of(error: BaseException) -> str:
    """The message of an error on one line, without a full stop; its type if it has no message."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
