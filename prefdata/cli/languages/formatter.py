"""Lays out Chinese help texts: headings and remarks of click in Chinese, columns by cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from prefdata.cli.languages.wrapping import cells, wrapped

_LEAST_CELLS = 20
"""Cells that the arguments of a usage line get at least, else they start on a line of their own."""


class ChineseFormatter(click.HelpFormatter):
    """Writes what click's formatter writes; lines are measured in cells and break as Chinese does.

    `translate`: the Chinese of an English text.
    """

    def __init__(
        self, translate: Callable[[str], str], *, width: int | None, max_width: int | None
    ) -> None:
        super().__init__(width=width, max_width=max_width)
        self._translate = translate

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        start = f"{' ' * self.current_indent}{prefix or self._translate('Usage:')}{prog} "
        indent, width = cells(start), self.width
        if width - indent < _LEAST_CELLS:
            self.write(f"{start.rstrip()}\n")
            indent = self.current_indent + self.indent_increment * 2
            start = " " * indent
        first, *more = wrapped(args, width - indent)
        self.write("".join(f"{line}\n" for line in (start + first, *_indented(more, indent))))

    def write_heading(self, heading: str) -> None:
        self.write(f"{' ' * self.current_indent}{self._translate(heading)}：\n")

    def write_text(self, text: str) -> None:
        shown = (_paragraph(each, self.width - self.current_indent) for each in text.split("\n\n"))
        blocks = ("\n".join(_indented(lines, self.current_indent)) for lines in shown)
        self.write("\n\n".join(blocks) + "\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        listed = list(rows)
        column = min(max(cells(first) for first, _ in listed), col_max) + col_spacing
        for first, second in listed:
            width = max(self.width - column - 2, 10)
            lines = wrapped(self._with_remarks(second), width)
            if cells(first) + col_spacing <= column:
                start = first + " " * (column - cells(first)) + lines.pop(0)
            else:
                start = first
            shown = (start.rstrip(), *_indented(lines, column))
            self.write("".join(f"{line}\n" for line in _indented(shown, self.current_indent)))

    def _with_remarks(self, text: str) -> str:
        """The text of an option with the remarks that click puts behind it: `  [required]`."""
        said, gap, remarks = text.rpartition("  [")
        if not gap:
            return text
        chinese = "；".join(map(self._remark, remarks.removesuffix("]").split("; ")))
        return f"{said}[{chinese}]"

    def _remark(self, remark: str) -> str:
        if remark == "required":
            return self._translate(remark)
        named, default, value = remark.partition("default: ")
        return f"{self._translate(default)}{value}" if default and not named else remark


def _paragraph(text: str, width: int) -> list[str]:
    r"""The lines of a paragraph, as they are after \b."""
    lines = text.split("\n")
    return lines[1:] if lines[0] == "\b" else wrapped(" ".join(lines), width)


def _indented(lines: Iterable[str], indent: int) -> list[str]:
    return [f"{' ' * indent}{line}" if line else "" for line in lines]
