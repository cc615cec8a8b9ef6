"""Markdown of strangers as HTML that can do nothing: no markup, no image, no live link."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

RENDERED_CHARACTERS = 20_000
_MARKS = 4_000
_CELLS = 8_000
"""A text with more characters, marks of Markdown, or cells that a table of it could have is shown
as it is written: the time that Markdown takes grows faster than the text."""

_IS_MARK = str.maketrans("", "", "[]!*_~`<>|&\\#-+=(")

_CACHE_BYTES = 16 << 20
_HEADINGS_DOWN = 3
"""A heading of a text stands below those of the page."""


class _Inert(RendererHTML):
    """Links and images are shown as their text and their address, and lead nowhere."""

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return '<span class="link">'

    def link_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        opened, text = idx - 1, ""
        while tokens[opened].type != "link_open":
            text = tokens[opened].content + text
            opened -= 1
        return "</span>" + _address(str(tokens[opened].attrs.get("href", "")), text)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        text = self.renderInlineAsText(tokens[idx].children, options, env)
        shown = f'<span class="image">{escape(text)}</span>'
        return shown + _address(str(tokens[idx].attrs.get("src", "")), text)


def _address(address: str, text: str) -> str:
    if address in ("", text, f"mailto:{text}"):
        return ""
    return f' <span class="address">({escape(address)})</span>'


class _Guiding(RendererHTML):
    """Links of the lead's guidelines lead to the web, in a page of their own."""

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        token = tokens[idx]
        if not str(token.attrs.get("href", "")).lower().startswith(("http://", "https://")):
            return "<a>"
        leading = {"target": "_blank", "rel": "noopener noreferrer nofollow"}
        return f"<a{self.renderAttrs(Token('', '', 0, attrs={**token.attrs, **leading}))}>"

    image = _Inert.image


def _parser(renderer: type[RendererHTML]) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}, renderer_cls=renderer)
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.push("plain", _plain)
    return parser


def _plain(state: Any) -> None:
    """Headings go down, and alignment becomes a class: the policy allows no style in a page."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + _HEADINGS_DOWN)}"
        style = str(token.attrs.pop("style", ""))
        if style.startswith("text-align:"):
            token.attrs["class"] = f"align-{style.removeprefix('text-align:')}"


@dataclass
class Rendered:
    """Texts and their HTML; those used last are kept, up to a number of bytes."""

    most_bytes: int = _CACHE_BYTES
    _kept: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _parser: MarkdownIt = field(default_factory=lambda: _parser(_Inert))

    @property
    def size(self) -> int:
        """Bytes that are kept, counted amply."""
        return self._bytes

    def html(self, text: str) -> str:
        """The HTML of a text of which nothing is known."""
        with self._lock:
            if (kept := self._kept.get(text)) is not None:
                self._kept.move_to_end(text)
                return kept
        if _takes_long(text):
            return _as_written(text)
        made = str(self._parser.render(text))
        self._keep(text, made)
        return made

    def _keep(self, text: str, made: str) -> None:
        with self._lock:
            if text in self._kept:
                return
            self._kept[text] = made
            self._bytes += _size(text, made)
            while self._bytes > self.most_bytes:
                self._bytes -= _size(*self._kept.popitem(last=False))


def _size(text: str, made: str) -> int:
    return 200 + 4 * (len(text) + len(made))  # at most four bytes a character


def _takes_long(text: str) -> bool:
    if len(text) > RENDERED_CHARACTERS or len(text) - len(text.translate(_IS_MARK)) > _MARKS:
        return True
    lines = text.split("\n")
    return len(lines) * max(line.count("|") for line in lines) > _CELLS


def _as_written(text: str) -> str:
    return f'<pre class="as-written">{escape(text)}</pre>'


def guidelines_html(text: str) -> str:
    """The HTML of what the lead wrote: its links to the web are live, all else as in `Rendered`."""
    if _takes_long(text):
        return _as_written(text)
    return str(_parser(_Guiding).render(text))
