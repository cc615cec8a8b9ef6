from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.ipc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.engines.local import LocalEngine
from prefdata.errors import RunError

SCHEMA = pa.schema([("row", pa.int64()), ("key", pa.binary(16))])


def square(number: int) -> int:
    return number * number


def process_of(_: int) -> int:
    return os.getpid()


def end_badly(_: int) -> None:
    os._exit(9)


def imported(_: int) -> list[str]:
    return sorted({"prefdata.kernels.hashing", "pandas"} & {*sys.modules})


def groups(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.group_by("key").agg(rows=pl.col("row").sort())


def tables(folder: Path, keys: list[list[int]]) -> list[Path]:
    folder.mkdir(exist_ok=True)
    written = []
    row = 0
    for number, part in enumerate(keys):
        path = folder / f"{number}.arrow"
        columns = [range(row, row + len(part)), [k.to_bytes(8, "big") * 2 for k in part]]
        with pa.ipc.new_file(path, SCHEMA) as sink:
            sink.write_table(
                pa.table(
                    [pa.array(c, t) for c, t in zip(columns, SCHEMA.types, strict=True)], SCHEMA
                )
            )
        written.append(path)
        row += len(part)
    return written


@pytest.mark.parametrize("workers", [1, 2])
def test_an_engine_that_rests_has_no_workers_and_starts_them_again(workers: int) -> None:
    with LocalEngine(workers) as engine:
        engine.rest()
        before = set(engine.map(process_of, range(8)))
        engine.rest()
        for process in before - {os.getpid()}:
            with pytest.raises(ProcessLookupError):
                os.kill(process, 0)
        after = set(engine.map(process_of, range(8)))
    assert (before == after == {os.getpid()}) if workers == 1 else not before & after


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    with LocalEngine(workers) as engine:
        assert list(engine.map(square, range(40))) == [n * n for n in range(40)]


def test_workers_have_the_modules_and_this_process_keeps_its_own() -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from prefdata.engines.local import LocalEngine\n"
        "from test_local import imported\n"
        "if __name__ == '__main__':\n"
        "    with LocalEngine(2, ('prefdata.kernels.hashing',)) as engine:\n"
        "        print(list(engine.map(imported, range(2))))\n"
        "    print(imported(0))\n"
        "    import pandas\n"
    )
    folder = str(Path(__file__).parent)
    ran = subprocess.run(
        [sys.executable, "-c", script, folder], capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    workers, here = ran.stdout.splitlines()
    assert workers == "[['prefdata.kernels.hashing'], ['prefdata.kernels.hashing']]"
    assert "kernels" not in here


def test_ctrl_c_while_the_server_imports_leaves_no_traceback() -> None:
    script = (
        "import os, signal, time\n"
        "from prefdata.engines.server import server\n"
        "server(('polars', 'pyarrow.compute', 'numba'))\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "for _ in range(8):\n"
        "    time.sleep(0.1)\n"
        "    os.killpg(0, signal.SIGINT)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
    )
    assert ran.stderr == ""


def test_several_workers_are_several_processes() -> None:
    with LocalEngine(2) as engine:
        assert os.getpid() not in set(engine.map(process_of, range(4)))


def test_a_worker_that_is_killed_is_an_error_that_says_what_to_do() -> None:
    with LocalEngine(2) as engine, pytest.raises(RunError, match="resumes"):
        list(engine.map(end_badly, range(4)))


@settings(max_examples=25)
@given(st.lists(st.lists(st.integers(0, 9), max_size=8), min_size=1, max_size=4), st.integers(1, 9))
def test_groups_are_whole_however_little_fits_in_memory(
    tmp_path_factory: pytest.TempPathFactory, keys: list[list[int]], rows_in_memory: int
) -> None:
    folder = tmp_path_factory.mktemp("group")
    expected: dict[int, list[int]] = {}
    for row, key in enumerate(key for part in keys for key in part):
        expected.setdefault(key, []).append(row)
    found = LocalEngine(1).group(
        groups, tables(folder / "in", keys), by="key", work=folder, rows_in_memory=rows_in_memory
    )
    together = pl.concat(found)
    assert {int.from_bytes(k[:8], "big"): rows for k, rows in together.iter_rows()} == expected
    assert together.height == len(expected)


def test_grouping_gives_the_same_for_any_number_of_workers(tmp_path: Path) -> None:
    paths = tables(tmp_path / "in", [list(range(50)), list(range(25, 75))])
    results = []
    for workers in (1, 2):
        with LocalEngine(workers) as engine:
            found = engine.group(
                partial(groups), paths, by="key", work=tmp_path / str(workers), rows_in_memory=20
            )
            results.append([frame.sort("key").rows() for frame in found])
    assert results[0] == results[1]
    assert len(results[0]) == 5
