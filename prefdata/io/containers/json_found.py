"""The rows found in a JSON document so far, and the bytes between them.

Damage between two rows (the remains of a row that lost its beginning, brackets that nothing opened)
becomes one entry of quarantine, not one for each of its pieces. Plain values between rows, such as
the `1` and `"x"` of `[1, "x", {...}]`, are rows of their own that are not objects.
"""

from __future__ import annotations

import msgspec

from prefdata.config.section import KIB
from prefdata.io.bytes.source import RawRow
from prefdata.io.containers.json_rows import Fault, careful_row

_LARGEST_ENTRY = 64 * KIB
_MOST_MEMBERS, _LONGEST_NAME = 20, 60


class FoundRows:
    """Collects rows, numbered in their order, and books the bytes between them."""

    def __init__(self) -> None:
        self.last_is_fault = False
        """A bad row may have swallowed the bracket that closes the array."""
        self._rows: list[RawRow] = []
        self._structure: dict[str, int] = {}
        self._members: set[str] = set()
        self._number = 0
        self._pieces: list[RawRow] = []
        self._run = bytearray()
        self._gap = b""
        self._damage: Fault | None = None

    @property
    def next_number(self) -> int:
        """The number of the next row, if no damage precedes it."""
        return self._number + 1

    @property
    def is_in_damage(self) -> bool:
        """Whether what was added last is a part of a damaged row."""
        return self._damage is not None

    @property
    def is_in_run(self) -> bool:
        """Whether what was added last stands between rows."""
        return bool(self._pieces)

    def row(self, row: RawRow) -> None:
        """Adds a row, readable or not."""
        self._end_run()
        self._add(row)

    def fault(self, raw: bytes, fault: Fault, size: int | None = None) -> None:
        """Adds a row that cannot be read; `size`: its bytes, if `raw` is only its beginning."""
        self.row(RawRow(0, raw, fault=fault, size=size))

    def piece(self, raw: bytes) -> None:
        """Adds something between rows: a plain value, or a part of a damaged row."""
        row = careful_row(0, raw)
        if row.fields is not None:
            self.row(row)
        else:
            assert row.fault is not None
            self._extend(row, row.fault if row.fault[0] != "not-an-object" else None)

    def stray(self, bracket: bytes) -> None:
        """Adds a bracket that neither belongs to a row nor to the structure of the document."""
        fault = ("invalid-json", f"a bracket {bracket.decode()} stands where none belongs")
        self._extend(RawRow(0, bracket, fault=fault), fault)

    def structure(self, name: str, data: bytes | int) -> None:
        """Books bytes (or so many of them) that belong to no row."""
        size = data if isinstance(data, int) else len(data)
        if self._pieces:
            fits = len(self._gap) + size <= _LARGEST_ENTRY
            if isinstance(data, bytes) and name == "separators" and fits:
                self._gap += data
                return
            self._end_run()  # an entry is a piece of the file, with nothing left out
        self._structure[name] = self._structure.get(name, 0) + size

    def member(self, name: bytes, size: int) -> None:
        """Books a member of a wrapper that holds no rows; `name`: with its quotes."""
        known = f"member {name.decode('utf-8', 'replace')}"
        is_new = known not in self._members
        if len(name) > _LONGEST_NAME or (is_new and len(self._members) == _MOST_MEMBERS):
            known = "other members"
        self._members.add(known)
        self.structure(known, size)

    def take(self) -> tuple[list[RawRow], int, dict[str, int]]:
        """The rows since the last call, the number of the last one, and the structure."""
        taken = self._rows, self._number, self._structure
        self._rows, self._structure = [], {}
        return taken

    def finish(self) -> None:
        """Completes what is held back."""
        self._end_run()

    def _add(self, row: RawRow) -> None:
        self._number += 1
        if row.source_row != self._number:
            row = msgspec.structs.replace(row, source_row=self._number)
        self._rows.append(row)
        self.last_is_fault = row.fault is not None

    def _extend(self, piece: RawRow, damage: Fault | None) -> None:
        if len(self._run) + len(self._gap) + len(piece.raw) > _LARGEST_ENTRY:
            self._end_run()
        self._run += self._gap + piece.raw
        self._pieces.append(piece)
        self._gap = b""
        self._damage = self._damage or damage
        self.last_is_fault = True

    def _end_run(self) -> None:
        """Adds the pieces held back: each as a row if all are plain values, else as one entry."""
        pieces, gap = self._pieces, self._gap
        self._pieces, self._gap = [], b""
        if self._damage is not None:
            self._add(RawRow(0, bytes(self._run), fault=self._damage))
        else:
            for piece in pieces:
                self._add(piece)
            self.structure("separators", len(self._run) - sum(len(p.raw) for p in pieces))
        self.structure("separators", len(gap))
        self._run.clear()
        self._damage = None
