from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import importlib.util, sys
from prefdata.startup import leave_pandas_asleep
leave_pandas_asleep()
import pyarrow, numpy
assert pyarrow.array(numpy.arange(3)).to_pylist() == [0, 1, 2]
assert "pandas" not in sys.modules
assert importlib.util.find_spec("pandas") is not None
try:
    import pandas
except ImportError as error:
    print(error)
"""


def test_pyarrow_works_without_waking_pandas() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.strip() == "pandas is not used in a process of prefdata"


POSTPONED = """
import sys, threading
from prefdata.startup import load_when_used
load_when_used("slow")
import slow
import slow as again
assert again is slow and "slow.part" not in sys.modules
print("imported")
found = []
threads = [threading.Thread(target=lambda: found.append(slow.last())) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(found, slow.__version__, sys.modules["slow.part"].whole)
try:
    slow.nothing
except AttributeError as error:
    print(error)
import slow.other
print(slow.other.first, type(slow).__name__)
"""

SLOW = """
print("loading")
import time
__version__ = "1"
from slow.part import whole
time.sleep(0.3)
def last(): return whole
"""


def test_a_library_is_loaded_once_when_something_of_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow/__init__.py").write_text(SLOW)
    (tmp_path / "slow/part.py").write_text("import slow\nwhole = slow.__version__ + '!'\n")
    (tmp_path / "slow/other.py").write_text("from slow import last\nfirst = last()\n")
    assert ran_in(tmp_path, POSTPONED) == [
        "imported",
        "loading",
        "['1!', '1!', '1!', '1!'] 1 1!",
        "module 'slow' has no attribute 'nothing'",
        "1! module",
    ]


def test_a_submodule_of_a_postponed_library_loads_it_first(tmp_path: Path) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow/__init__.py").write_text(SLOW)
    (tmp_path / "slow/part.py").write_text("whole = '!'\n")
    (tmp_path / "slow/other.py").write_text("from slow import last\nfirst = last()\n")
    script = "from prefdata.startup import load_when_used\nload_when_used('slow')\n"
    script += "import slow.other\nprint(slow.other.first)\n"
    assert ran_in(tmp_path, script) == ["loading", "!"]


def test_a_postponed_library_that_is_not_there_or_fails_says_so(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("print('tried')\nraise OSError('no such thing')\n")
    script = """
from prefdata.startup import load_when_used
load_when_used("broken", "missing")
try:
    import missing
except ImportError as error:
    print(error)
import broken
for _ in range(2):
    try:
        broken.part
    except OSError as error:
        print(error)
"""
    failed = ["tried", "no such thing"]
    assert ran_in(tmp_path, script) == ["No module named 'missing'", *failed, *failed]


def ran_in(folder: Path, script: str) -> list[str]:
    path = os.pathsep.join([str(folder), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


ALONE = """
import sys
from prefdata.startup import load_numba_alone
load_numba_alone()
from prefdata.kernels.characters import count_byte
import numpy as np
print(count_byte(np.frombuffer(b"a,b,c", np.uint8), np.uint8(44)), "scipy.linalg" in sys.modules)
import scipy.linalg
print(scipy.linalg.norm([3, 4]))
"""


def test_kernels_need_no_linear_algebra_which_others_may_load_later(tmp_path: Path) -> None:
    assert ran_in(tmp_path, ALONE) == ["2 False", "5.0"]
