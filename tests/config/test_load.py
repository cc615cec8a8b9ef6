from __future__ import annotations

from pathlib import Path

import pytest

from prefdata.config.fingerprint import fingerprint
from prefdata.config.gate import GateConfig
from prefdata.config.load import config_of, load_config, options_of, overridden
from prefdata.config.model import BuildConfig
from prefdata.errors import ConfigError


def test_a_config_file_sets_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "build.yaml"
    path.write_text("sources: [a.jsonl]\nsplit: {test: 0.2}\ncheck: {rules: {refusal: warning}}\n")
    config = load_config(path)
    assert config.sources == ("a.jsonl",)
    assert config.split.test == 0.2
    assert config.check.rules == {"refusal": "warning"}
    assert config.exact == BuildConfig().exact


def test_on_and_off_are_words_and_true_and_false_are_not(tmp_path: Path) -> None:
    path = tmp_path / "build.yaml"
    path.write_text("near: {on: prompt}\nlabels: {cycles: off}\nsplit: {first_turn: false}\n")
    config = load_config(path)
    assert (config.near.on, config.labels.cycles) == ("prompt", "off")
    assert config.split.first_turn is False


def test_an_empty_config_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert load_config(tmp_path / "empty.yaml") == BuildConfig()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("splt: {test: 0.1}", r"splt: unknown key; did you mean split\?"),
        ("split: {tset: 0.1}", r"split\.tset: unknown key; did you mean test\?"),
        ("read: {zzz: 1}", r"read\.zzz: unknown key; known here: block_bytes"),
        ("split: {test: 2}", r"split\.test: .*less than or equal to 1.*received 2"),
        ("split: {test: 0.6, validation: 0.4}", "nothing would be left to train on"),
        ("encoder: {backend: onnx}", r"encoder\.backend: .*'auto', 'torch' or 'openvino'"),
        (
            "check: {rules: {tie: fatal}}",
            r"check\.rules\.tie: .*, 'warning', 'note' or 'off'",
        ),
        ("- a\n- b", "a mapping of keys to values, not a list"),
        ("a: [", "not valid YAML"),
        ("!!python/object/apply:os.system [echo]", "not valid YAML"),
    ],
)
def test_a_bad_config_says_what_to_write_instead(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "build.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said) as error:
        load_config(path)
    assert str(path) in str(error.value)


def test_a_missing_config_is_an_error_of_use(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "absent.yaml")


def test_options_win_over_the_file() -> None:
    config = config_of({"split": {"test": 0.2, "validation": 0.1}})
    split = overridden(config, {"split.test": 0.3}).split
    assert (split.test, split.validation) == (0.3, 0.1)


def test_options_of_a_command_stand_over_its_file(tmp_path: Path) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text("flipped: 0.1\nkept: 0.2\n")
    limits = options_of(GateConfig, {"kept": 0.3}, path)
    assert (limits.flipped, limits.kept) == (0.1, 0.3)
    path.write_text("flippd: 0.1\n")
    with pytest.raises(ConfigError, match=r"flippd: unknown key; did you mean flipped\?"):
        options_of(GateConfig, {}, path)


def test_a_fingerprint_changes_with_every_part_and_refuses_the_unknown() -> None:
    assert fingerprint("a", 1) != fingerprint("a", 2) != fingerprint("a", "2")
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    with pytest.raises(TypeError):
        fingerprint(object())  # type: ignore[arg-type]


BOMB = "a: &a [lol, lol]\nb: &b [*a, *a]\nsources: *b\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (BOMB, 2, r"the alias \*a"),
        ("near: &near {on: pair}\nsplit: {<<: *near}\n", 2, "alias"),
        ("near: {<<: {on: pair}}\n", 1, "a merge key"),
        ("sources: [a]\ntitle: t\nsources: [b]\n", 3, "'sources' occurs twice, first in line 1"),
        ("split:\n  test: 0.1\n  test: 0.2\n", 3, "'test' occurs twice, first in line 2"),
        ('split:\n  test: 0.1\n  "test": 0.2\n', 3, "'test' occurs twice, first in line 2"),
        ('{"sources": ["a"], "sources": ["b"]}', 1, "'sources' occurs twice"),
        ("title: " + "[" * 50_000, 1, "more than 50 levels"),
        ("title:\n" + "".join(" " * n + "- \n" for n in range(60)), 51, "more than 50 levels"),
        ("title: " + "{a: " * 5_000, 1, "more than 50 levels"),
        ("title: " + "9" * 5_000, 1, "a number has more than 100 digits"),
        ("title: 1" + ":59" * 50_000, 1, "a number has more than 100 digits"),
        ("title: 2026-13-45", 1, "no date: month must be in"),
        ("sources: [a\ntitle: b\n", 2, "expected ',' or ']'"),
    ],
)
def test_what_could_grow_or_says_two_things_is_an_error_with_its_line(
    text: str, line: int, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=rf"bad\.yaml, line {line}: not valid YAML: .*{said}"):
        load_config(path)


def test_a_text_too_long_for_a_config_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text("# nothing\n" * 200_000)
    with pytest.raises(ConfigError, match="more than 1,048,576 characters"):
        load_config(path)
    if Path("/dev/zero").exists():
        with pytest.raises(ConfigError, match="/dev/zero"):
            load_config("/dev/zero")


def test_keys_of_different_mappings_and_anchors_alone_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text("near: &near {action: flag}\nsplit: {test: 0.1}\nexact: {identical: flag}\n")
    assert load_config(path).near.action == "flag"
