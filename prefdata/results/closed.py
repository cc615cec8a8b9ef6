"""The base models of results: immutable, unknown fields are errors, and readable in a notebook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import polars as pl

    from prefdata.reports.page.plot import Plot

Language = Literal["en", "zh"]
"""In which a chart is labelled: English, Chinese."""

_LONGEST = 60


class Closed(BaseModel):
    """A result, or a part of one."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Result(Closed):
    """What a function returns: a line in a terminal, tables in a notebook."""

    main_table: ClassVar[str] = ""
    """The field that `to_polars` shows; empty: every number by its name."""
    in_brief: ClassVar[tuple[str, ...]] = ()
    """The fields that stand for it in a line; none: all of them."""

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values: what the command prints with `--json`."""
        return self.model_dump(mode="json")

    def to_polars(self) -> pl.DataFrame:
        """Its main table as a frame, a row for each line; what is nested is JSON text."""
        import polars as pl

        if not self.main_table:
            return pl.DataFrame(
                list(_numbers(self.to_dict())),
                schema={"name": pl.String, "value": pl.Float64},
                orient="row",
            )
        return pl.DataFrame(list(self._lines()), infer_schema_length=None)

    def _lines(self) -> Iterator[dict[str, Any]]:
        for line in self.to_dict()[self.main_table]:
            yield {name: _flat(value) for name, value in line.items()}

    def __repr__(self) -> str:
        names = self.in_brief or type(self).model_fields
        told = [f"{name}={_brief(getattr(self, name))}" for name in names]
        told += ["…"] * (len(names) < len(type(self).model_fields))
        return f"{type(self).__name__}({', '.join(told)})"

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str | None:
        """For notebooks: the tables that the command prints; None if it prints none."""
        # by name, since what shows results lies above them, and only a notebook asks for it
        shown: str | None = import_module("prefdata.cli.show.html").html_of(self)
        return shown


class Charted(Result):
    """A result that has charts."""

    def plot(self, *charts: str, lang: Language = "en") -> Plot:
        """Charts of it, as the page of an audit draws them; a notebook shows them.

        `charts`: their names, in the order to be drawn; none: all that this result has, which
        `.plot().charts` lists. `lang`: `"en"` or `"zh"`, the language of titles and axes.

        Raises UsageError for a name without a chart; the message lists those there are.
        """
        # by name, since what draws results lies above them, and only a reader asks for it
        drawn: Plot = import_module("prefdata.reports.page.plot").plot_of(self, charts, lang)
        return drawn


def _flat(value: Any) -> Any:
    is_nested = isinstance(value, Mapping | list)
    return json.dumps(value, ensure_ascii=False) if is_nested else value


def _numbers(values: Any, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(values, bool) or not isinstance(values, int | float | Mapping | list):
        return
    if isinstance(values, int | float):
        yield name, float(values)
        return
    items: Iterable[tuple[object, Any]] = (
        values.items() if isinstance(values, Mapping) else enumerate(values)
    )
    for key, value in items:
        yield from _numbers(value, f"{name}.{key}" if name else str(key))


def _brief(value: Any) -> str:
    """A value in a few words: of a text its beginning, of many things their number, of a part what
    is not empty."""
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…")
    if isinstance(value, BaseModel):
        parts = {name: getattr(value, name) for name in type(value).model_fields}
        told = [f"{name}={_brief(part)}" for name, part in parts.items() if not _is_empty(part)]
        whole = f"{type(value).__name__}({', '.join(told)})"
        return whole if len(whole) <= 6 * _LONGEST else f"<{type(value).__name__}>"
    if isinstance(value, Mapping | Sequence) and len(repr(value)) > 3 * _LONGEST:
        return f"<{len(value):,}>"
    return repr(value)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, Mapping | Sequence) and not value)
