"""The ways in which every prompt is asked: a grid of models and parameters, or named ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import msgspec

from prefdata.config.collect import CollectConfig, SettingConfig
from prefdata.errors import ConfigError
from prefdata.records.chat import ChatRequest, parameters_text
from prefdata.records.record import Message


@dataclass(frozen=True)
class Setting:
    """One way to ask. `parameters`: what the request states besides; `n`: completions of each
    prompt. `asked`: what requests call the model; `place`: where it is found, if it is here."""

    name: str
    model: str
    parameters: dict[str, Any]
    n: int
    asked: str = ""
    place: str = ""

    def request(self, messages: tuple[Message, ...], tools: Any = None) -> ChatRequest:
        """The request of a prompt; `tools`: those on offer."""
        return ChatRequest(
            self.model, messages, parameters_text({**self.parameters, "tools": tools})
        )


def settings_of(config: CollectConfig) -> tuple[Setting, ...]:
    """All ways to ask. Raises ConfigError if there is none, or two are the same."""
    found = tuple(_named(config) if config.settings else _grid(config))
    if not found:
        raise ConfigError("no model is named: pass --model NAME, or name settings in --config FILE")
    asked = Counter((each.model, parameters_text(each.parameters)) for each in found)
    for each in found:
        if asked[each.model, parameters_text(each.parameters)] > 1:
            raise ConfigError(
                f"{each.name!r} is asked for twice with the same parameters: name it once, with a "
                "larger n"
            )
    return found


def _grid(config: CollectConfig) -> Iterator[Setting]:
    axes = {
        "model": config.model,
        "temperature": config.temperature or (None,),
        "top_p": config.top_p or (None,),
        "seed": config.seed or (None,),
    }
    varied = [name for name, values in axes.items() if len(values) > 1]
    for values in product(*axes.values()):
        given = dict(zip(axes, values, strict=True))
        name = " ".join(
            str(given[each]) if each == "model" else f"{each}={given[each]:g}" for each in varied
        )
        one = SettingConfig(**given)
        yield _setting(name or str(given["model"]), one, config)


def _named(config: CollectConfig) -> Iterator[Setting]:
    for name, one in config.settings.items():
        if one.model is None and not config.model:
            raise ConfigError(f"settings.{name}: names no model, and there is none for all")
        yield _setting(name, one, config)


def _setting(name: str, one: SettingConfig, config: CollectConfig) -> Setting:
    stop = config.stop if one.stop is None else one.stop
    parameters = {
        **config.parameters,
        **one.parameters,
        "temperature": one.temperature,
        "top_p": one.top_p,
        "seed": one.seed,
        "max_tokens": one.completion_tokens or config.completion_tokens,
        "stop": list(stop) or None,
    }
    given = {key: value for key, value in parameters.items() if value is not None}
    model = one.model or config.model[0]
    return Setting(name, model, given, one.n or config.n, model)


def tools_in(context: str) -> Any:
    """The tools in the context of a prompt, as a request states them; None if there are none."""
    if len(context) <= 2:
        return None
    return msgspec.json.decode(context).get("tools")
