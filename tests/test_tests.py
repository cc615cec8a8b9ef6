"""What tests may do: they use what prefdata offers, and every one of them can fail."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
MODULES = sorted(TESTS.rglob("*.py"))

CODE = """
import prefdata.pipeline.build
from prefdata.cli import main
from prefdata.cli.main import _run, run as go
from elsewhere import _theirs
def test_one(monkeypatch, client):
    main._code
    main.table()._rows
    client._ours
    monkeypatch.setattr(main, "_FIRST", 0)
    monkeypatch.setattr("prefdata.cli.main._LAST", 0)
    monkeypatch.setattr(client, "_at", 0)
"""


def test_no_test_uses_a_private_name_of_prefdata() -> None:
    used = [
        f"{path.relative_to(TESTS)}:{line}: {name}"
        for path in MODULES
        for line, name in private_names(ast.parse(path.read_text("utf-8")))
    ]
    assert used == []


def test_every_way_to_use_a_private_name_is_seen() -> None:
    found = sorted(name for _, name in private_names(ast.parse(CODE)))
    assert found == ["_FIRST", "_LAST", "_code", "_rows", "_run"]


@pytest.mark.parametrize("path", [path for path in MODULES if path.name.startswith("test_")])
def test_every_test_asserts_or_hands_over_to_what_does(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    checks = {f.name for f in functions if asserts(f)}
    idle = [
        f.name
        for f in functions
        if f.name.startswith("test_") and not asserts(f) and not checks & {*called(f)}
    ]
    assert idle == []


def asserts(function: ast.AST) -> bool:
    """Whether a function can fail of itself: `assert`, `pytest.raises`, `agree(...)`."""
    ways = {"raises", "warns", "fail", "agree"}
    return any(isinstance(node, ast.Assert) for node in ast.walk(function)) or any(
        name in ways or name.startswith("assert_") for name in called(function)
    )


def called(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2]


def private_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Names with a leading underscore that are imported from prefdata, read of it, or replaced."""
    ours = {name for node in ast.walk(tree) for name in imported(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and is_prefdata(node.module):
            yield from ((node.lineno, a.name) for a in node.names if is_private(a.name))
        elif isinstance(node, ast.Attribute) and is_private(node.attr) and root(node) in ours:
            yield node.lineno, node.attr
        elif isinstance(node, ast.Call) and is_patch(node):
            yield from ((node.lineno, name) for name in replaced(node, ours) if is_private(name))


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and is_prefdata(node.module):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.Import):
        names = (alias for alias in node.names if is_prefdata(alias.name))
        yield from (alias.asname or alias.name.partition(".")[0] for alias in names)


def is_patch(call: ast.Call) -> bool:
    return ast.unparse(call.func).endswith((".setattr", ".delattr"))


def replaced(call: ast.Call, ours: set[str]) -> Iterator[str]:
    """The name that `setattr(module, "name", ...)` or `setattr("module.name", ...)` replaces."""
    first, second, *_ = [*call.args, None, None]
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        module, _, name = first.value.rpartition(".")
        yield from [name] * is_prefdata(module)
    elif isinstance(second, ast.Constant) and first is not None and root(first) in ours:
        yield str(second.value)


def root(node: ast.AST) -> str | None:
    """The name that a chain of attributes and calls begins with."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else None


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def is_prefdata(module: str | None) -> bool:
    return (module or "").partition(".")[0] == "prefdata"
