"""Generates the blocks of a dataset card: `CardValues` in, Markdown out."""

from __future__ import annotations

from prefdata.reports.card.audit import labels_section
from prefdata.reports.card.chinese import chinese
from prefdata.reports.card.limits import limits
from prefdata.reports.card.load import loading
from prefdata.reports.card.markdown import escaped
from prefdata.reports.card.rows import made, rows, sources
from prefdata.reports.card.summary import columns, splits, summary
from prefdata.reports.card.values import CardValues


def blocks(values: CardValues) -> dict[str, str]:
    """Block name to Markdown, in the order of the card; the same values give the same text."""
    markdown = {
        "title": f"# {escaped(values.title)}",
        "summary": summary(values),
        "limits": limits(values),
        "loading": loading(values),
        "columns": columns(values),
        "splits": splits(values),
        "rows": rows(values),
        "labels": labels_section(values),
        "sources": sources(values),
        "made": made(values),
        "chinese": chinese(values),
    }
    return {name: text for name, text in markdown.items() if text}
