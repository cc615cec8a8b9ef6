"""Results as documents: the HTML page of an audit, and the dataset card."""

from prefdata.reports.page.page import page

__all__ = ["page"]
