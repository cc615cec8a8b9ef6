"""The first module that the fork server of worker processes imports.

Importing it has a side effect on purpose: a fork server accepts only names of modules to import.
"""

from __future__ import annotations

from prefdata.startup import leave_pandas_asleep, load_numba_alone

leave_pandas_asleep()
load_numba_alone()
