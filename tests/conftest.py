from __future__ import annotations

import os

from hypothesis import settings

# a machine that is busy is no reason for a test to fail
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# tests read help in English, whoever runs them
os.environ["LC_MESSAGES"] = "C"
if os.environ.get("LC_ALL", "").lower().startswith("zh"):
    os.environ["LC_ALL"] = "C.UTF-8"
