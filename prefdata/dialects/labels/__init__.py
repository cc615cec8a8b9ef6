"""What labels of two completions mean: stated readings, words, and the question where neither is.

`LabelReading` is what a user states with `--label`; `words` understands labels that need no
statement; `tally`, `offers` and `question` make the error that asks for one.
"""

from __future__ import annotations

from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.labels.verdict import FIRST, SECOND, TIE, Verdict

__all__ = ["FIRST", "SECOND", "TIE", "LabelReading", "Verdict"]
