"""Unicode normal forms in linear time, whatever the text; and texts without format characters.

Normalising sorts each run of combining marks, in time that is quadratic in its length: seconds for
a text of some tens of thousands of marks. Unicode therefore defines a stream-safe text format,
which bounds runs: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

LONGEST_RUN = 30
"""Marks in a row that are left alone. No orthography needs more than a few."""

JOINER = "\u034f"
"""The combining grapheme joiner: invisible, and it ends a run."""

_MARKS = (
    "0300-034E 0350-036F 0483-0487 0591-05BD 05BF 05C1-05C2 05C4-05C5 05C7 0610-061A 064B-065F "
    "0670 06D6-06DC 06DF-06E4 06E7-06E8 06EA-06ED 0711 0730-074A 07EB-07F3 07FD 0816-0819 "
    "081B-0823 0825-0827 0829-082D 0859-085B 0898-089F 08CA-08E1 08E3-08FF 093C 094D 0951-0954 "
    "09BC 09CD 09FE 0A3C-0A4D 0ABC 0ACD 0B3C 0B4D 0BCD 0C3C 0C4D-0C56 0CBC 0CCD 0D3B-0D3C 0D4D "
    "0DCA 0E38-0E3A 0E48-0E4B 0EB8-0EBA 0EC8-0ECB 0F18-0F19 0F35 0F37 0F39 0F71-0F84 0F86-0F87 "
    "0FC6 1037-103A 108D 135D-135F 1714-1715 1734 17D2 17DD 18A9 1939-193B 1A17-1A18 1A60-1A7F "
    "1AB0-1ACE 1B34-1B44 1B6B-1B73 1BAA-1BAB 1BE6-1BF3 1C37 1CD0-1CD2 1CD4-1CE8 1CED 1CF4 "
    "1CF8-1CF9 1DC0-1DFF 20D0-20F0 2CEF-2CF1 2D7F 2DE0-2DFF 302A-302F 3099-309A A66F A674-A67D "
    "A69E-A69F A6F0-A6F1 A806 A82C A8C4 A8E0-A8F1 A92B-A92D A953 A9B3-A9C0 AAB0 AAB2-AAB4 "
    "AAB7-AAB8 AABE-AABF AAC1 AAF6 ABED FB1E FE20-FE2F FF9E-FF9F 101FD 102E0 10376-1037A "
    "10A0D-10A0F 10A38-10A3F 10AE5-10AE6 10D24-10D27 10EAB-10EAC 10EFD-10EFF 10F46-10F50 "
    "10F82-10F85 11046 11070 1107F 110B9-110BA 11100-11102 11133-11134 11173 111C0 111CA "
    "11235-11236 112E9-112EA 1133B-1133C 1134D 11366-11374 11442-11446 1145E 114C2-114C3 "
    "115BF-115C0 1163F 116B6-116B7 1172B 11839-1183A 1193D-1193E 11943 119E0 11A34 11A47 11A99 "
    "11C3F 11D42-11D45 11D97 11F41-11F42 16AF0-16AF4 16B30-16B36 16FF0-16FF1 1BC9E 1D165-1D169 "
    "1D16D-1D172 1D17B-1D182 1D185-1D18B 1D1AA-1D1AD 1D242-1D244 1E000-1E02A 1E08F 1E130-1E136 "
    "1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E8D0-1E8D6 1E944-1E94A"
)
"""Characters whose decomposition begins with a mark that is sorted (a non-starter), of Unicode 15.1
(Python 3.13)."""

_MAYBE_MARK = re.compile("[\u0300-\u33ff\ua000-\uabff\ufb00-\U0001ffff]")
"""All these characters and many others, for a fast first test."""

_MAYBE_FORMAT = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff0-\ufffb\U000110b0-\U000110cf\U00013430-\U0001345f"
    "\U0001bca0-\U0001bcaf\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""All format characters (category Cf) and some others, for a fast first test."""


def normal_form(form: Literal["NFC", "NFKC"], text: str) -> str:
    """The text in a Unicode normal form, with a `JOINER` after each `LONGEST_RUN` marks in a row.

    >>> normal_form("NFC", "e\u0301"), len(normal_form("NFC", "\u0301\u0323" * 30))
    ('é', 61)
    """
    if text.isascii():
        return text
    # a longer run has a mark at one of these places: most texts are not searched as a whole
    places = text[LONGEST_RUN :: LONGEST_RUN + 1]
    if _MAYBE_MARK.search(places):
        mark, run = _patterns()
        if mark.search(places):
            text = run.sub(rf"\1{JOINER}", text)
    if unicodedata.is_normalized(form, text):  # told in a fifth of the time, of most texts
        return text
    return unicodedata.normalize(form, text)


def without_format(text: str) -> str:
    """The text without format characters, which nobody sees.

    >>> without_format("a\\u200bb")
    'ab'
    """
    if text.replace("\n", " ").isprintable() or _MAYBE_FORMAT.search(text) is None:
        return text  # none of them is printable, and that is told in a tenth of the time
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A mark, and `LONGEST_RUN` marks before another one."""
    ends = (each.partition("-") for each in _MARKS.split())
    spans = (chr(int(first, 16)) + "-" + chr(int(last or first, 16)) for first, _, last in ends)
    mark = f"[{''.join(spans)}]"
    return re.compile(mark), re.compile(f"({mark}{{{LONGEST_RUN}}})(?={mark})")
