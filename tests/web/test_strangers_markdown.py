"""Texts of strangers as HTML: nothing of theirs acts, and no text takes long."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest

from prefdata.web.app.markdown import Rendered, guidelines_html

ALLOWED = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "table",
    "thead", "tbody", "tr", "th", "td", "span", "h4", "h5", "h6",
}  # fmt: skip
HOSTILE = [
    "<script>window.canary = 1</script>",
    "<img src=x onerror=window.canary=1>",
    "<svg/onload=window.canary=1>",
    "[a](javascript:window.canary=1)",
    "[a](JaVaScRiPt:window.canary=1 'title\" onmouseover=x')",
    "[a](data:text/html,<script>1</script>)",
    "![a](http://elsewhere.example/x.png)",
    '![a"onerror="x](x"onerror="x)',
    "[![a](b)](http://elsewhere.example)",
    '<http://elsewhere.example/">',
    '[ref]: http://elsewhere.example "t"\n\n[ref]',
    '```x" onclick="1\n</code></pre><script>1</script>\n```',
    "```\n</pre><script>1</script>",
    "`</code><script>1</script>`",
    "|a|\n|:-:|\n|<script>1</script>|",
    "<style>*{display:none}</style>",
    "<!-- --><script>1</script><!-- -->",
    "<a href=//elsewhere.example>a</a>",
    "&lt;script&gt;1&lt;/script&gt;",
    "\x00<script>\x00",
    "</div></main><form action=//elsewhere.example><input name=csrf>",
    "\u202e<b>\u202c",
]


class Looked(HTMLParser):
    """The elements and attributes of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_text_acts(text: str) -> None:
    looked = Looked(Rendered().html(text))
    assert looked.elements <= ALLOWED
    assert looked.attributes <= {"class", "start"}


@pytest.mark.parametrize("text", HOSTILE)
def test_guidelines_lead_to_the_web_and_do_nothing_else(text: str) -> None:
    html = guidelines_html(text)
    looked = Looked(html)
    assert looked.elements <= ALLOWED | {"a"}
    assert looked.attributes <= {"class", "start", "href", "target", "rel", "title"}
    assert 'href="javascript' not in html.lower()
    assert html.count("<a ") == html.count('rel="noopener noreferrer nofollow"')


def test_a_link_is_shown_with_its_address_and_leads_nowhere() -> None:
    html = Rendered().html("see [here](https://a.example/x?a=1&b=2) or <https://b.example>")
    assert '<span class="link">here</span>' in html
    assert '<span class="address">(https://a.example/x?a=1&amp;b=2)</span>' in html
    assert html.count("b.example") == 1
    assert "href" not in html


def test_markdown_is_shown_as_people_expect() -> None:
    html = Rendered().html("# T\n\n- *a*\n- **b**\n\n1 < 2\nnext\n\n|a|b|\n|-|-:|\n|1|2|\n")
    for piece in ("<h4>T</h4>", "<em>a</em>", "<strong>b</strong>", "1 &lt; 2<br />\nnext"):
        assert piece in html
    assert '<td class="align-right">2</td>' in html


PIECES = (
    "[", "[a](", "![", "*a ", "*a_ ", "**a*", "> ", "`", "`a``b", "<", "<a ", "|", "\n", "- ",
    "-\n", "&", "1. ", "[a]: b\n", "~~a", "\\", "[a](<b", "a|b\n-|-\n", ">a\n", '[a](b "', "a**b",
    "[a][b]", "|a|b|\n|-|-|\n", "<!--", "<![CDATA[", "<?", "a\n=\n", "&#x", "x" * 99 + "\n", "  ",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("size", [3_900, 19_900, 1_000_000])
def test_no_text_takes_long(piece: str, size: int) -> None:
    text = (piece * (size // len(piece) + 1))[:size]
    began = time.process_time()
    html = Rendered().html(text)
    assert time.process_time() - began < 3
    assert len(html) < 12 * size + 100


def test_a_wide_table_is_shown_as_it_is_written() -> None:
    text = "|" + "a|" * 400 + "\n|" + "-|" * 400 + "\n" + "b\n" * 9000
    assert Rendered().html(text).startswith('<pre class="as-written">')


def test_what_was_rendered_is_kept_within_bounds() -> None:
    rendered = Rendered(most_bytes=50_000)
    texts = [f"{number} " + "*word* " * 40 for number in range(60)]
    assert [rendered.html(text) for text in texts] == [Rendered().html(text) for text in texts]
    assert rendered.size <= 50_000
