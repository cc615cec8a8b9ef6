"""What the process that workers are forked from imports before all else.

Importing it has an effect, which is its purpose: a fork server takes nothing but names of modules.
"""

from __future__ import annotations

from prefdata.startup import leave_pandas_asleep

leave_pandas_asleep()
