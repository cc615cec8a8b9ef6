"""The blocks of a dataset card: values in, Markdown out."""

from __future__ import annotations

from prefdata.reports.card_audit import labels_section
from prefdata.reports.card_chinese import chinese
from prefdata.reports.card_limits import limits
from prefdata.reports.card_load import loading
from prefdata.reports.card_markdown import escaped
from prefdata.reports.card_rows import made, rows, sources
from prefdata.reports.card_summary import columns, splits, summary
from prefdata.reports.card_values import CardValues


def blocks(values: CardValues) -> dict[str, str]:
    """Name to Markdown, in the order in which they stand; the same values give the same text."""
    found = {
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
    return {name: text for name, text in found.items() if text}
