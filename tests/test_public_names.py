"""What `prefdata` offers is what it says, whatever else was imported before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import prefdata

PACKAGE = Path(prefdata.__file__).parent

EVERY_MODULE = """
import contextlib, importlib, json, pkgutil, sys
import prefdata
for module in pkgutil.walk_packages(prefdata.__path__, "prefdata."):
    if not module.name.endswith("__main__"):
        with contextlib.suppress(ImportError):  # of an extra that is not installed
            importlib.import_module(module.name)
"""
A_BUILD = """
import json, sys
import prefdata, prefdata.pipeline.build, prefdata.pipeline.audit
prefdata.build([sys.argv[1]], out=sys.argv[2])
"""
NAMES = """
print(json.dumps({name: callable(getattr(prefdata, name)) for name in prefdata.__all__}))
"""


@pytest.mark.parametrize("before", [EVERY_MODULE, A_BUILD], ids=["all-imported", "after-a-build"])
def test_every_name_can_be_called_in_a_process_that_has_imported_others(
    before: str, tmp_path: Path
) -> None:
    source = tmp_path / "a.jsonl"
    rows = [{"prompt": f"Q{n}", "chosen": f"A{n}", "rejected": f"B{n}"} for n in range(4)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = [sys.executable, "-c", before + NAMES, str(source), str(tmp_path / "out")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.splitlines()[-1]) == dict.fromkeys(prefdata.__all__, True)


def test_no_sub_package_and_no_module_bears_a_public_name() -> None:
    inside = {path.stem for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert not inside & {*prefdata.__all__}


def test_the_version_is_read_without_importing_anything() -> None:
    code = "import sys, prefdata; print(prefdata.__version__, len(sys.modules))"
    bare = "import sys; print(len(sys.modules))"
    told = [
        subprocess.run([sys.executable, "-c", each], capture_output=True, text=True, check=True)
        for each in (code, bare)
    ]
    version, modules = told[0].stdout.split()
    assert version == prefdata.__version__ == prefdata.version.__version__
    assert int(modules) - int(told[1].stdout) < 40


def test_a_source_may_be_one_and_a_config_a_dict(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    rows = [{"prompt": f"Q{n}?", "chosen": f"Yes, {n}.", "rejected": f"No {n}"} for n in range(9)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = {"split": {"test": 0.0}, "encoder": {"name": "ngrams"}}
    assert prefdata.validate(str(source), config=config).rows == 9
    assert prefdata.inspect(source, config=config).files[0].records == 9
    for number, function in enumerate((prefdata.build, prefdata.dedupe, prefdata.embed_filter)):
        manifest = function(str(source), out=tmp_path / f"out{number}", config=config)
        assert manifest.counts.read == 9
    assert prefdata.convert(source, out=tmp_path / "b", to="csv", config=config).written == 9
    assert prefdata.push(tmp_path / "out0", str(tmp_path / "p"), config={"parts": ["ledger"]}).files
    with pytest.raises(prefdata.PrefdataError, match=r"splt: unknown key; did you mean split\?"):
        prefdata.validate(source, config={"splt": {}})


USER_CODE = """
from collections.abc import Iterator
from pathlib import Path

import polars as pl

import prefdata


def rows() -> Iterator[dict[str, str]]:
    yield {"prompt": "Q", "chosen": "A", "rejected": "B"}


def built(out: Path) -> prefdata.Manifest:
    try:
        config = prefdata.load_config("build.yaml")
    except prefdata.ConfigError:
        config = prefdata.BuildConfig()
    prefdata.build("raw/*.jsonl", out=out, config=config)
    prefdata.build([Path("a.jsonl"), "b.jsonl"], out=out, config="build.yaml")
    prefdata.build(pl.DataFrame(), out=out, config={"split": {"test": 0.1}})
    prefdata.build({"mine": [{"prompt": "Q"}], "frame": pl.DataFrame()}, out=out)
    found: prefdata.Validation = prefdata.validate(rows())
    print(found.records, prefdata.gate(out).passes, prefdata.card(out).license)
    return prefdata.read_manifest(out)
"""


def test_user_code_is_typed_without_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(USER_CODE, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "/dev/null", "mine.py"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.stdout == "Success: no issues found in 1 source file\n", ran.stdout


def test_names_come_in_any_order() -> None:
    code = (
        "import random, sys, prefdata\n"
        "names = [*prefdata._HOMES]\n"
        "random.Random(int(sys.argv[1])).shuffle(names)\n"
        "found = {name: getattr(prefdata, name) for name in names}\n"
        "assert all(getattr(prefdata, name) is found[name] for name in names)\n"
        "assert all(callable(found[name]) for name in prefdata.__all__)\n"
        "assert {*names} <= {*dir(prefdata)}\n"
    )
    for seed in range(4):
        ran = subprocess.run([sys.executable, "-c", code, str(seed)], check=False)
        assert ran.returncode == 0
