"""The layout of an output folder is spelt in one module; all others import its names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import prefdata
from prefdata.airflow.sources import divided
from prefdata.config.push import PARTS
from prefdata.results import layout

PACKAGE = Path(prefdata.__file__).parent
NAMES = {value for name, value in vars(layout).items() if name.isupper()}
FILES = {name for name in NAMES if re.search(r"\w\.\w+$", name)}
FOLDERS = NAMES - FILES - {layout.KEPT_ANSWERS}

IN_A_PATH = re.compile(rf"({'|'.join(map(re.escape, sorted(FOLDERS)))})/\S*")

ELSEWHERE = {
    "results/layout.py",
    "airflow/sources.py",  # Airflow's door imports nothing of the rest of prefdata
}

CODE = """
def one(out, path):
    '''report.json'''
    a = out / "manifest.json"
    b = out / "data"
    c = out / ("dropped" if path else "ledger")
    d = path.startswith("report/")
    e = f"data/{path}.parquet"
    print("see report/index.html for all that is in data")
    return {"data": a, "read": b, "dropped": c}
"""


def test_no_other_module_spells_it() -> None:
    modules = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    spelt = [
        f"prefdata/{name}:{line}: {text!r}"
        for name, path in sorted(modules.items())
        if name not in ELSEWHERE
        for line, text in _spelt(ast.parse(path.read_text("utf-8")))
    ]
    assert spelt == [], "import these names from prefdata.results.layout"


def test_prose_and_keys_of_tables_are_left_alone() -> None:
    found = sorted(text for _, text in _spelt(ast.parse(CODE)))
    assert found == ["data", "data/", "dropped", "ledger", "manifest.json", "report/"]


def test_values_of_an_option_are_names_of_folders() -> None:
    parts = {layout.LEDGER, layout.DROPPED, layout.QUARANTINE, layout.REPORT, layout.REVIEW}
    assert set(PARTS) == parts  # spelt in the config model, which knows no results


def test_airflow_takes_an_output_folder_for_one_thing(tmp_path: Path) -> None:
    for name in (layout.MANIFEST, "a.jsonl", "b.jsonl"):
        (tmp_path / name).touch()
    assert divided([str(tmp_path)]) == [str(tmp_path)]


def _spelt(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Names of the layout in code: files and paths anywhere, folders where a path is made."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            if node.value in FILES or IN_A_PATH.fullmatch(node.value):
                yield node.lineno, node.value
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            for part in ast.walk(node.right):
                if isinstance(part, ast.Constant) and part.value in FOLDERS:
                    yield part.lineno, str(part.value)
