"""What the Hub finds wrong with the front matter of a dataset card."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml

_FRONT = re.compile(
    r"\A(?:\ufeff)?---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE
)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_SPECIAL_LANGUAGES = {"code", "multilingual"}
_CONFIG = re.compile(r"[^<>:/\\|?*]+")
_LICENSES = """
apache-2.0 mit openrail bigscience-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause
bsd-3-clause cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-
nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0
cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl
ecl-2.0 epl-1.0 epl-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1
lgpl-3.0 isc ms-pl mpl-2.0 odc-by odbl openrail++ pddl unlicense zlib ncsa llama2 llama3 gemma
unknown other
"""
_SIZES = """
n<1K 1K<n<10K 10K<n<100K 100K<n<1M 1M<n<10M 10M<n<100M 100M<n<1B 1B<n<10B 10B<n<100B 100B<n<1T
n>1T unknown other
"""
_TASKS = """
text-classification token-classification table-question-answering question-answering zero-shot-
classification translation summarization feature-extraction text-generation text2text-generation
fill-mask sentence-similarity text-retrieval text-ranking reinforcement-learning other
"""

Problems = tuple[list[str], list[str]]


def problems(text: str) -> Problems:
    """(errors, warnings) of a README.md."""
    found = _FRONT.match(text)
    if found is None:
        return [], ["empty or missing yaml metadata in repo card"]
    try:
        matter = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        return [f"Invalid YAML: {error}"], []
    if matter is None:
        return [], ["empty or missing yaml metadata in repo card"]
    if not isinstance(matter, dict):
        return ['"metadata" must be of type object'], []
    errors = [
        line for key, check in _CHECKS.items() if key in matter for line in check(matter[key])
    ]
    return errors, []


def metadata(text: str) -> dict[str, Any]:
    """The front matter; empty where there is none that is valid."""
    found = _FRONT.match(text)
    if found is None or problems(text)[0]:
        return {}
    matter = yaml.safe_load(found[1])
    return matter if isinstance(matter, dict) else {}


def _one_of(name: str, words: str) -> Callable[[object], Iterable[str]]:
    allowed = set(words.split())

    def check(value: object) -> Iterable[str]:
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, str) or item not in allowed:
                yield f'"{name}" with value {item!r} must be one of [{", ".join(sorted(allowed))}]'

    return check


def _languages(value: object) -> Iterable[str]:
    for at, item in enumerate(value if isinstance(value, list) else [value]):
        if not isinstance(item, str):
            yield f'"language[{at}]" must be a string'
        elif not (_LANGUAGE.fullmatch(item) or item in _SPECIAL_LANGUAGES):
            yield (
                f'"language[{at}]" with value {item!r} is not valid. It must be an ISO 639-1, '
                "639-2 or 639-3 code (two/three letters), or a special value like multilingual."
            )


def _strings(name: str) -> Callable[[object], Iterable[str]]:
    def check(value: object) -> Iterable[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            yield f'"{name}" must be an array of strings'

    return check


def _string(name: str) -> Callable[[object], Iterable[str]]:
    def check(value: object) -> Iterable[str]:
        if not isinstance(value, str):
            yield f'"{name}" must be a string'

    return check


def _configs(value: object) -> Iterable[str]:
    if not isinstance(value, list):
        yield '"configs" must be an array'
        return
    names = []
    for at, config in enumerate(value):
        if not isinstance(config, dict) or not isinstance(config.get("config_name"), str):
            yield f'"configs[{at}].config_name" is required'
            continue
        names.append(config["config_name"])
        if not _CONFIG.fullmatch(config["config_name"]):
            yield f'"configs[{at}].config_name" holds a character that no path may hold'
        yield from _data_files(f"configs[{at}].data_files", config.get("data_files"))
    if len(set(names)) < len(names):
        yield '"configs" names a config twice'


def _data_files(name: str, value: object) -> Iterable[str]:
    if value is None or isinstance(value, str):
        return
    if not isinstance(value, list):
        yield f'"{name}" must be a string or an array'
        return
    for at, item in enumerate(value):
        if isinstance(item, str):
            continue
        if not isinstance(item, dict) or not isinstance(item.get("split"), str):
            yield f'"{name}[{at}].split" is required'
        elif not _are_strings(item.get("path")):
            yield f'"{name}[{at}].path" is required'


def _dataset_info(value: object) -> Iterable[str]:
    for at, info in enumerate(value if isinstance(value, list) else [value]):
        name = f"dataset_info[{at}]"
        if not isinstance(info, dict):
            yield f'"{name}" must be of type object'
            continue
        yield from _features(f"{name}.features", info.get("features"))
        for split in info.get("splits") or ():
            if not isinstance(split, dict) or not isinstance(split.get("name"), str):
                yield f'"{name}.splits" needs names'
            elif not all(
                isinstance(split.get(key, 0), int) for key in ("num_bytes", "num_examples")
            ):
                yield f'"{name}.splits.{split["name"]}" counts in whole numbers'


def _features(name: str, value: object) -> Iterable[str]:
    if value is None:
        return
    if not isinstance(value, list):
        yield f'"{name}" must be an array'
        return
    for at, feature in enumerate(value):
        kinds = {"dtype", "struct", "list", "sequence"}
        if not isinstance(feature, Mapping) or "name" not in feature or not kinds & set(feature):
            yield f'"{name}[{at}]" needs a name and a type'


def _are_strings(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


_CHECKS: dict[str, Callable[[object], Iterable[str]]] = {
    "license": _one_of("license", _LICENSES),
    "size_categories": _one_of("size_categories", _SIZES),
    "task_categories": _one_of("task_categories", _TASKS),
    "language": _languages,
    "tags": _strings("tags"),
    "pretty_name": _string("pretty_name"),
    "configs": _configs,
    "dataset_info": _dataset_info,
}
