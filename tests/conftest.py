from __future__ import annotations

from hypothesis import settings

# a machine that is busy is no reason for a test to fail
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
