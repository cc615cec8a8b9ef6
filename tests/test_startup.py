from __future__ import annotations

import subprocess
import sys

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
