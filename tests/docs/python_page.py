"""docs/python.md: everything in `prefdata.__all__`, out of the signatures and docstrings.

The Chinese page is the same one with its paragraphs out of chinese_paragraphs.json.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import prefdata
from prefdata import errors
from prefdata.pipeline.explain import Explanation
from prefdata.reports.page.plot import Plot
from prefdata.results.manifest import Counts
from prefdata.results.validation import RuleCount

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
CHINESE_PAGE = PAGE.with_name("python.zh-CN.md")

INTRODUCTION = """\
# From Python

*Generated from `prefdata.__all__` by `make schemas`.* [中文](python.zh-CN.md)

What the commands do, Python does with one function each. A function returns what the command prints
with `--json`, as a frozen object, and raises where the command ends with another exit code than 0
because something failed. Nothing is printed. A result is one line in a terminal, and in a notebook
the tables that the command prints; `to_dict()` gives plain values, `to_polars()` its main table,
and [`plot()`](#plots) draws some of them.

```python
>>> import prefdata
>>> config = {"split": {"test": 0.2}}
>>> manifest = prefdata.build("sample_data/alike", out="out/alike", config=config)
>>> manifest.counts.read, manifest.counts.kept, sum(manifest.counts.dropped.values())
(54, 47, 7)
>>> [found] = prefdata.explain("out/alike", source="alike/near.jsonl:2").shown
>>> found.line["verdict"], found.line["reason"], found.line["other"]
('drop', 'near-duplicate', 40)
>>> try:
...     prefdata.verify("out/nowhere")
... except prefdata.PrefdataError as error:
...     print(type(error).__name__)
IntegrityError

```

They can be called from scripts (no `if __name__ == "__main__":` is needed), notebooks and threads.
What is returned, configs and errors are names of the package too: `prefdata.Manifest`,
`prefdata.GateConfig`, `prefdata.SourceError`; with `mypy --strict` they need no plugin. What the
functions have in common:

| parameter | |
|---|---|
| `sources` | files, folders, globs, URLs, `-` (standard input), or [rows](#rows-in-memory) |
| `out` | the folder to write; it appears when it is complete, and not before |
| `config` | a [`BuildConfig`](#buildconfig), its values as a dict, or the path of its YAML |
| `workers` | how many processes; left out, one for each core. The result is the same |
| `force` | replace what prefdata wrote to `out` before |
| `report` | is called as `report(step, done, total)` while work goes on, for a bar of your own |

## Rows in memory

A source may be a list or an iterator of dicts, a frame of pandas or polars, a table of pyarrow or
DuckDB (whatever has the Arrow stream interface), or a `Dataset` of `datasets`. They are written to
a file beside the output, read like any other, and called `rows` in what comes out, with the row
numbers of a file. Of a dict of such sources the keys are the names; the splits of a `DatasetDict`
are kept, as those of files are.

```python
>>> pairs = [
...     {"prompt": "What is 2 + 2?", "chosen": "4", "rejected": "5, I think."},
...     {"prompt": "Name a noble gas.", "chosen": "Neon is one.", "rejected": "Gold is one."},
... ]
>>> prefdata.validate(pairs).records
2
>>> [source.name for source in prefdata.validate({"sums": pairs[:1], "gases": pairs[1:]}).sources]
['sums', 'gases']

```

## Plots

What an audit, a training, scores, the agreement of judges and a model judge come to can be drawn:
`result.plot()` gives the charts that the page of an audit draws, and a notebook shows them. They
need no network and no library besides. Names draw some of them, `lang="zh"` labels them in Chinese,
and `save` writes a page for other people.

```python
>>> report = prefdata.agreement("sample_data/judgements")
>>> plot = report.plot("judges")
>>> plot
Plot(charts=('judges',))
>>> plot.save("out/judges.html").name
'judges.html'
>>> report.plot().charts
('agreement', 'judges')
>>> try:
...     report.plot("votes")
... except prefdata.UsageError as error:
...     print(error)
this AgreementReport has no chart 'votes': it may hold nothing that it \
would show. It has: agreement, judges.

```

| result | charts |
|---|---|
| `AuditReport` | `flow`, `lengths`, `languages`, `agreement`, `judges`, `judging`, `claims`, \
`accuracies`, `detections`, `margins`, `reliability`, \
`shortcuts`, `slices` |
| `TrainingResult` | `accuracies`, `slices`, `reliability` |
| `ScoreResult` | `flow` |
| `AgreementReport` | `agreement`, `judges` |
| `JudgeResult` | `judging` |

A result has the charts of what it holds: an audit that trained no model has no `accuracies`.
"""

RETURNED = """\
## What they return

Values that do not change, with these fields. What is written to a file as well is described down to
the last field by its JSON Schema: `prefdata schema manifest`, `report`, `metrics`, `scores`.
"""


def python_page() -> str:
    """The page: an overview, each function with its errors, what they return, the errors."""
    objects = {name: getattr(prefdata, name) for name in prefdata.__all__}
    functions = {name: value for name, value in objects.items() if inspect.isfunction(value)}
    parts = [
        INTRODUCTION,
        _overview(objects),
        "## Functions\n",
        *(_function(name, value) for name, value in functions.items()),
        _config(prefdata.BuildConfig),
        RETURNED,
        *(_result(result) for result in _results(functions)),
        _errors(),
    ]
    return "\n".join(parts)


def _overview(objects: dict[str, Any]) -> str:
    rows = [
        f"| [`{name}`](#{_anchor(value)}) | {_cell(_paragraphs(value)[0])} |"
        for name, value in objects.items()
    ]
    return "\n".join(["| name | |", "|---|---|", *rows]) + "\n"


def _anchor(value: Any) -> str:
    return "errors" if value is prefdata.PrefdataError else value.__name__.lower()


def _function(name: str, function: Callable[..., Any]) -> str:
    """One function: how it is called, what it does, what it raises."""
    paragraphs = _paragraphs(function)
    text = "\n\n".join(_parameters(part) if part.startswith("- ") else part for part in paragraphs)
    does, raises, errors_raised = text.partition("Raises ")
    parts = [f"### `{name}`", f"```py\n{_signature(function)}\n```", does.strip()]
    if raises:
        parts.append(f"**Raises** {_with_errors(errors_raised)}")
    return "\n\n".join(parts) + "\n"


def _parameters(listed: str) -> str:
    """A list of parameters in a docstring as a table."""
    rows = re.findall(r"^- (`\w+`): (.*)$", listed, flags=re.M)
    cells = [f"| {name} | {_with_errors(_cell(text))} |" for name, text in rows]
    return "\n".join(["| parameter | |", "|---|---|", *cells])


def _with_errors(text: str) -> str:
    return re.sub(r"\b\w+Error\b", lambda match: f"`{match[0]}`", text)


def _signature(function: Callable[..., Any]) -> str:
    """The signature as it is written in the code, with constants as their values."""
    source = inspect.getsource(function)
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    lines = source.splitlines()[node.lineno - 1 : node.body[0].lineno - 1]  # below decorators
    head = "\n".join(lines).removesuffix(":")
    constants = inspect.unwrap(function).__globals__
    return re.sub(r"(?<= = )[A-Z_]{2,}\b", lambda match: repr(constants[match[0]]), head)


def _paragraphs(value: Any) -> list[str]:
    """The paragraphs of a docstring, each in one line; of a list, each item."""
    parts = (inspect.getdoc(value) or "").split("\n\n")
    return [
        re.sub(r"\n +", " ", part) if part.startswith("- ") else " ".join(part.split())
        for part in parts
    ]


def _config(model: type[BaseModel]) -> str:
    rows = [
        f"| `{name}` | {_cell(field.description or _paragraphs(field.annotation)[0])} |"
        for name, field in model.model_fields.items()
    ]
    text = (
        f"## `{model.__name__}`\n\n{_paragraphs(model)[0]} Each section has its own options: "
        "[quickstart.yaml](../pipelines/quickstart.yaml) shows all of them with their defaults, "
        "and `prefdata schema config` prints the JSON Schema. `load_config` reads one from YAML; "
        "`BuildConfig.model_validate` takes the same as a dict.\n\n| key | |\n|---|---|\n"
    )
    return text + "\n".join(rows) + "\n"


def _results(functions: dict[str, Callable[..., Any]]) -> list[type]:
    """The classes that the functions return, and parts of them that programs read most."""
    found = set()
    for function in functions.values():
        module = sys.modules[function.__module__]
        for name in re.findall(r"\w+", str(function.__annotations__["return"])):
            found.add(getattr(module, name, None))
    found = (found | {Counts, Explanation, Plot, RuleCount}) - {None, prefdata.BuildConfig}
    return sorted(found, key=lambda result: result.__name__)


def _result(result: type) -> str:
    rows = [
        f"| `{name}` | `{_cell(kind)}` | {_cell(text)} |" for name, kind, text in _members(result)
    ]
    parts = [f"### `{result.__name__}`\n", *(f"{part}\n" for part in _paragraphs(result))]
    return "\n".join([*parts, "| | type | |", "|---|---|---|", *rows]) + "\n"


def _members(result: type) -> Iterator[tuple[str, str, str]]:
    """Name, type and description of the fields, properties and methods of a class."""
    fields = getattr(result, "model_fields", {})
    [node] = ast.parse(textwrap.dedent(inspect.getsource(result))).body
    assert isinstance(node, ast.ClassDef)
    for member in node.body:
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
            name = member.target.id
            description = getattr(fields.get(name), "description", None)
            yield name, ast.unparse(member.annotation), description or ""
        elif isinstance(member, ast.FunctionDef) and _is_shown(member):
            call = "" if _decorators(member) == {"property"} else "()"
            kind = ast.unparse(member.returns) if member.returns else ""
            yield f"{member.name}{call}", kind, (ast.get_docstring(member) or "").split("\n")[0]


def _is_shown(member: ast.FunctionDef) -> bool:
    return not member.name.startswith("_") and _decorators(member) <= {"property", "in_our_words"}


def _decorators(member: ast.FunctionDef) -> set[str]:
    return {ast.unparse(decorator) for decorator in member.decorator_list}


def _errors() -> str:
    """A table of the errors below the root, out of the tree in the docstring of their module."""
    tree = (errors.__doc__ or "").partition("\n\n")[2].partition("\n\n")[0]
    above = [prefdata.PrefdataError.__name__]
    rows = []
    for branch, name, text in re.findall(r"^([│├└─ ]+)(\w+)\s+(.*)$", tree, flags=re.M):
        depth = len(branch) // 4
        rows.append(f"| `{name}` | `{above[depth - 1]}` | {_cell(text)} |")
        above[depth:] = [name]
    return (
        "## Errors\n\nOne root, so that one `except prefdata.PrefdataError` catches everything "
        "that is raised on purpose. All of them are in `prefdata.errors`; the message says what "
        "happened, what was found, what is allowed, and what to do.\n\n"
        "| error | is a | when |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
