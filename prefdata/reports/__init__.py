"""Values into pages: HTML that needs no network, and the values it shows."""

from prefdata.reports.page.page import page

__all__ = ["page"]
