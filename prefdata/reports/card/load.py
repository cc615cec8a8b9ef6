"""The loading section of a card: code for a local folder, the Hub or a URL."""

from __future__ import annotations

from prefdata.reports.card.markdown import fenced, paragraphs, quoted
from prefdata.reports.card.values import CardValues, Where
from prefdata.results.layout import DATA

_SQL = "SELECT source, count(*) AS pairs FROM {} GROUP BY source ORDER BY pairs DESC"
"""`{}`: the name of the split, which is also the variable with its rows."""

_TRL = """from trl import RewardConfig, RewardTrainer

trainer = RewardTrainer(
    model="Qwen/Qwen3-0.6B",
    args=RewardConfig(output_dir="reward-model"),
    train_dataset=dataset[{train}],{evaluated}
)
trainer.train()"""


def loading(values: CardValues) -> str:
    """The section on loading, with code for datasets, TRL and DuckDB."""
    if not values.filled_splits:
        return "## Loading\n\nThere is nothing to load: no row was kept."
    return paragraphs(
        "## Loading",
        fenced(_datasets(values), "python"),
        "Row by row, without loading all of it:",
        fenced(_streaming(values), "python"),
        "A reward model with TRL, as [TRL reads preference data]"
        "(https://huggingface.co/docs/trl/dataset_formats):",
        fenced(_trl(values), "python"),
        "SQL with DuckDB:",
        fenced(_duckdb(values), "python"),
    )


def _datasets(values: CardValues) -> str:
    where = values.where
    if where.kind == "folder" and where.to == "arrow":
        return (
            "from pathlib import Path\n\nfrom datasets import load_from_disk\n\n"
            "FOLDER = Path.cwd()  # or wherever this card lies\n"
            f'dataset = load_from_disk(f"{{FOLDER}}/{DATA}")  # memory-mapped: nothing is copied'
        )
    if where.kind == "folder":
        return (
            "from pathlib import Path\n\nfrom datasets import load_dataset\n\n"
            "FOLDER = Path.cwd()  # or wherever this card lies\n"
            "dataset = load_dataset(str(FOLDER))"
        )
    if where.kind == "hub":
        return f"from datasets import load_dataset\n\ndataset = load_dataset({_repository(where)})"
    files = ",\n".join(
        f"    {quoted(split)}: {quoted(_at(where, f'{DATA}/{split}-*.parquet'))}"
        for split in values.filled_splits
    )
    return (
        f"from datasets import load_dataset\n\nFILES = {{\n{files},\n}}\n"
        'dataset = load_dataset("parquet", data_files=FILES)'
    )


def _streaming(values: CardValues) -> str:
    where, split = values.where, values.first_split
    if where.kind == "folder" and where.to == "arrow":
        return (
            "from datasets import load_dataset\n\n"
            f'FILES = {{"{split}": f"{{FOLDER}}/{DATA}/{split}/*.arrow"}}\n'
            f'rows = load_dataset("arrow", data_files=FILES, split="{split}", streaming=True)\n'
            "print(next(iter(rows)))"
        )
    files = '"parquet", data_files=FILES'
    source = {"folder": "str(FOLDER)", "hub": _repository(where), "url": files}
    return (
        f'rows = load_dataset({source[where.kind]}, split="{split}", streaming=True)\n'
        "print(next(iter(rows)))"
    )


def _trl(values: CardValues) -> str:
    splits = [split for split in values.filled_splits if split != values.first_split]
    evaluated = f'\n    eval_dataset=dataset["{splits[0]}"],' if splits else ""
    return _TRL.format(train=quoted(values.first_split), evaluated=evaluated)


def _duckdb(values: CardValues) -> str:
    where, split = values.where, values.first_split
    pattern = f"{DATA}/{split}-*.parquet"
    opened = f"duckdb.read_parquet({quoted(_at(where, pattern))})"
    imports = "import duckdb\n"
    if where.kind == "folder" and where.to == "arrow":
        opened = f'dataset["{split}"].with_format("arrow")[:]'
    elif where.kind == "folder":
        opened = f'duckdb.read_parquet(f"{{FOLDER}}/{pattern}")'
    elif where.kind == "url":
        scheme = quoted(where.name.partition("://")[0])
        imports = (
            "import duckdb\nimport fsspec\n\n"
            f"duckdb.register_filesystem(fsspec.filesystem({scheme}))"
        )
    query = _SQL.format(split)
    return f'{imports}\n{split} = {opened}\nprint(duckdb.sql("{query}"))'


def _repository(where: Where) -> str:
    revision = f", revision={quoted(where.branch)}" if where.branch else ""
    return f"{quoted(where.name)}{revision}"


def _at(where: Where, path: str) -> str:
    """The URL of a file of the dataset, by its path in it."""
    if where.kind == "hub":
        branch = f"@{where.branch}" if where.branch else ""
        return f"hf://datasets/{where.name}{branch}/{path}"
    return f"{where.name.rstrip('/')}/{path}"
