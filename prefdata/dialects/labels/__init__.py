"""What labels of two completions mean: stated readings, words, and the question where neither is.

`LabelReading` is what a user states with `--label`; `words` understands labels that need no
statement; `tally`, `offers` and `question` make the error that asks for one.
"""

from __future__ import annotations

from prefdata.dialects.labels.preference import FIRST, SECOND, TIE, Preference
from prefdata.dialects.labels.reading import LabelReading

__all__ = ["FIRST", "SECOND", "TIE", "LabelReading", "Preference"]
