"""Reads configs from YAML and option values; errors say what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from prefdata.config.former_keys import warn_of_former_keys, with_current_keys
from prefdata.config.model import BuildConfig
from prefdata.config.section import Section
from prefdata.config.similar_names import similar_names
from prefdata.errors import ConfigError
from prefdata.foreign_errors import in_our_words

_Options = TypeVar("_Options", bound=Section)


@in_our_words
def load_config(path: str | Path) -> BuildConfig:
    """The build config in a YAML file.

    - `path`: the file, in UTF-8.

    Raises ConfigError: unreadable, or not a valid config.
    """
    return config_of(_values_in(Path(path)), place=str(path))


def _values_in(path: Path) -> dict[str, Any]:
    import yaml  # only here: most runs have no file of a config

    from prefdata.config.yaml_text import LONGEST_CONFIG, yaml_values

    try:
        with path.open(encoding="utf-8-sig") as file:
            values = yaml_values(file.read(LONGEST_CONFIG + 1))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{place}: not valid YAML: {_problem(error)}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    if values is not None and not isinstance(values, dict):
        raise ConfigError(
            f"{path}: a config is a mapping of keys to values, not a {_type_name(values)}"
        )
    return values or {}


def _problem(error: Any) -> str:
    """What a `yaml.MarkedYAMLError` says."""
    return ", ".join(part for part in (error.context, error.problem) if part)


def config_of(values: Mapping[str, Any], *, place: str = "config") -> BuildConfig:
    """Validates plain values as a build config. Raises ConfigError naming every wrong key."""
    try:
        return BuildConfig.model_validate(values)
    except ValidationError as error:
        problems = "\n".join(f"  {line}" for line in _problems(error, BuildConfig))
        raise ConfigError(f"{place}: not a valid build config\n{problems}") from error


def given_config(config: BuildConfig | Mapping[str, Any] | str | Path | None) -> BuildConfig:
    """A config as Python code gives it: one, its values as in YAML, the path of a YAML file, or
    None: the defaults.

    Raises ConfigError as `config_of` and `load_config` do.
    """
    if isinstance(config, BuildConfig):
        return config
    if isinstance(config, str | Path):
        return load_config(config)
    return config_of(_given_values(config, BuildConfig))


def given_options(
    kind: type[_Options], config: _Options | Mapping[str, Any] | str | Path | None
) -> _Options:
    """The options of one command as Python code gives them, see `given_config`.

    Raises ConfigError as `options_of` does.
    """
    if isinstance(config, kind):
        return config
    if isinstance(config, str | Path):
        return options_of(kind, {}, config)
    return options_of(kind, _given_values(config, kind))


def _given_values(config: object, kind: type[Section]) -> Mapping[str, Any]:
    if config is None or isinstance(config, Mapping):
        return config or {}
    raise ConfigError(
        f"config: {_type_name(config)} is given. Give a {kind.__name__}, its values as a dict, "
        "or the path of a YAML file."
    )


def overridden(config: BuildConfig, changes: Mapping[str, Any]) -> BuildConfig:
    """The config with some values replaced, by dotted key: {"split.test": 0.1}.

    Raises ConfigError as `config_of` does.
    """
    values = config.model_dump()
    for dotted, value in _current(changes).items():
        *path, last = dotted.split(".")
        section = values
        for name in path:
            section = section[name]
        section[last] = value
    return config_of(values, place="options")


def _current(changes: Mapping[str, Any]) -> dict[str, Any]:
    try:
        current = with_current_keys(changes)
    except ValueError as error:
        raise ConfigError(f"options: {error}") from error
    warn_of_former_keys(changes)
    return current


def options_of(
    kind: type[_Options], values: Mapping[str, Any], file: str | Path | None = None
) -> _Options:
    """The options of one command as a `kind`: `values`, and below them those of a YAML file.

    A key of `values` may be dotted: {"limits.max_cost": 5}. Raises ConfigError naming every wrong
    option.
    """
    try:
        return kind.model_validate(_laid_over(_values_in(Path(file)) if file else {}, values))
    except ValidationError as error:
        raise ConfigError(f"options: {'; '.join(_problems(error, kind))}") from error


def _laid_over(below: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values over those of a file, section by section."""
    laid = dict(below)
    for dotted, value in values.items():
        name, is_inside, rest = dotted.partition(".")
        section = laid.get(name)
        inner = section if isinstance(section, dict) else {}
        laid[name] = _laid_over(inner, {rest: value}) if is_inside else value
    return laid


def _problems(error: ValidationError, model: type[BaseModel]) -> Iterator[str]:
    for problem in error.errors():
        place = problem["loc"]
        name = ".".join(map(str, place))
        if problem["type"] == "extra_forbidden":
            yield f"{name}: unknown key{_key_hint(place, model)}"
        else:
            message = problem["msg"].removeprefix("Value error, ")
            received = problem["input"]
            is_section = isinstance(received, Mapping)  # printing all its keys would not help
            shown = "" if is_section else f" (received {received!r:.80})"
            yield f"{name or 'config'}: {message}{shown}"


def _key_hint(place: Sequence[int | str], model: type[BaseModel]) -> str:
    known = _known_keys(place[:-1], model)
    near = similar_names(str(place[-1]), known, 1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known here: {', '.join(sorted(known))}"


def _known_keys(place: Sequence[int | str], model: type[BaseModel]) -> list[str]:
    for name in place:
        model = model.model_fields[str(name)].annotation  # type: ignore[assignment]
    return list(model.model_fields)


def _type_name(value: object) -> str:
    return {"list": "list", "str": "text"}.get(type(value).__name__, type(value).__name__)
