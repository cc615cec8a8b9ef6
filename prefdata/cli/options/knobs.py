"""Makes click options from config keys: type, range, default and help come from the model."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from prefdata.cli.languages.described import DescribedOption, HelpParts
from prefdata.config.model import BuildConfig

Decorator = Callable[[Any], Any]
"""A decorator of a click command or of its function."""


class Threshold(click.ParamType):  # type: ignore[type-arg]
    """A similarity (float), a share of rows such as "0.5%", or "off"; the config validates it."""

    name = "threshold"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        text = str(value).strip()
        if text == "off" or text.endswith("%"):
            return text
        try:
            return float(text)
        except ValueError:
            self.fail(f"{text!r}: write a similarity (0.95), a share of the rows (0.5%), or off")


class Knob(DescribedOption):
    """An option whose parameter name is a dotted config key, as `overridden` takes it."""

    def __init__(self, declarations: list[str], *, key: str, **attributes: Any) -> None:
        super().__init__(declarations, **attributes)
        self.name = key


def knob(
    key: str,
    *names: str,
    metavar: str | None = None,
    note: str = "",
    of: type[BaseModel] = BuildConfig,
    path: click.Path | None = None,
) -> Decorator:
    """The option `names` for a dotted key of the config `of`.

    `note`: text after the default in the help. `path`: a click type that checks that the file
    exists. An option that is not given is None, or () if it may be repeated.
    """
    field = field_of(key, of)
    kind, bounds = _unwrapped(field.annotation, field.metadata)
    repeats = get_origin(kind) is tuple
    if repeats:
        kind, bounds = _unwrapped(get_args(kind)[0], [])
    attributes: dict[str, Any] = {"multiple": True} if repeats else {"default": None}
    if kind is bool:
        attributes["is_flag"] = True
    else:
        attributes |= {"type": path or _type(kind, bounds), "metavar": metavar}
    default = _shown(field.get_default(call_default_factory=True))
    parts = HelpParts(field.description or "", default, note, repeats)
    return click.option(*names, cls=Knob, key=key, parts=parts, **attributes)


def in_order(*decorators: Decorator) -> Decorator:
    """Combines the decorators of several options, so that `--help` lists them in this order."""

    def decorate(command: Any) -> Any:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def knobs_given(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given options of `knob`: dotted keys with values, as changes of the config.

    --prefer implies `keep: source`, unless --keep is given.
    """
    changes = {key: value for key, value in given.items() if "." in key and _is_given(value)}
    for section in ("near", "semantic.similar"):
        if f"{section}.prefer" in changes:
            changes.setdefault(f"{section}.keep", "source")
    return changes


def _is_given(value: Any) -> bool:
    return value is not None and value != ()


def field_of(key: str, model: type[BaseModel] = BuildConfig) -> FieldInfo:
    """The field of a dotted key. Raises KeyError if there is none."""
    *sections, last = key.split(".")
    for name in sections:
        section, _ = _unwrapped(model.model_fields[name].annotation, [])
        assert isinstance(section, type) and issubclass(section, BaseModel)
        model = section
    return model.model_fields[last]


def _unwrapped(annotation: Any, bounds: list[Any]) -> tuple[Any, list[Any]]:
    """The type without Annotated and `| None`, and the bounds in its metadata."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        flat = [bound for m in more for bound in (m.metadata if isinstance(m, FieldInfo) else [m])]
        return _unwrapped(inner, [*bounds, *flat])
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not types.NoneType]
        if len(parts) == 1:
            return _unwrapped(parts[0], bounds)
    return annotation, bounds


def _type(kind: Any, bounds: list[Any]) -> click.ParamType:  # type: ignore[type-arg]
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    if get_origin(kind) in (Union, types.UnionType):
        return Threshold()
    if kind not in (int, float):
        return click.STRING
    limits = _limits(bounds)
    if not limits:
        return click.INT if kind is int else click.FLOAT
    return (click.IntRange if kind is int else click.FloatRange)(**limits)


def _limits(bounds: list[Any]) -> dict[str, Any]:
    """Bounds as arguments of click.IntRange and click.FloatRange."""
    limits: dict[str, Any] = {}
    for bound in bounds:
        for name, end in (("ge", "min"), ("gt", "min"), ("le", "max"), ("lt", "max")):
            value = getattr(bound, name, None)
            if value is not None:
                plain = int(value) if value == int(value) else value  # 1, not 1.0
                limits |= {end: plain, f"{end}_open": name in ("gt", "lt")}
    return limits


def _shown(default: Any) -> str:
    """A default as text for the help; "" for None and False, and where a value has to be given."""
    if default is None or default is False or default is PydanticUndefined:
        return ""
    if default is True:
        return "yes"
    if isinstance(default, tuple):
        return ", ".join(map(str, default))
    return f"{default:g}".replace("e-0", "e-") if isinstance(default, float) else str(default)
