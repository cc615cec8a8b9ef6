"""Pages from templates: everything that is filled in is escaped, and files are named by content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from prefdata.web.app.assets import Assets, read_assets
from prefdata.web.app.site import Site


@dataclass
class Pages:
    """The templates in a folder, with the assets beside them.

    A template may use `asset(name)`, the address of an asset; `prefix`, the path before every path
    of ours; `language`; and what its route fills in.
    """

    folder: Path
    site: Site
    shared: Mapping[str, Path] = field(default_factory=dict)
    """Assets that lie elsewhere, by name."""
    live: bool = False
    """Read files again for every page, for whoever works on them."""

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(self.folder),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=self.live,
        )
        environment.globals |= {"asset": self.address, "prefix": self.site.prefix}
        return environment

    @cached_property
    def assets(self) -> Assets:
        """The assets as they were when they were first asked for."""
        return read_assets(self.folder, self.shared)

    def address(self, name: str) -> str:
        """The address of an asset, from the root of the host."""
        if self.live and name not in self.assets.files:
            return f"{self.site.prefix}/assets/missing/{name}"
        return self.site.prefix + self.assets.path(name)

    def html(self, template: str, language: str, /, **filled: Any) -> str:
        """A page."""
        if self.live:
            self.assets = read_assets(self.folder, self.shared)
        return self._environment.get_template(template).render(language=language, **filled)
