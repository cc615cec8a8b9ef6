from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports.hostile_report import hostile
from reports.report_values import labels, report

from prefdata.reports.page.page import embedded_json, page
from prefdata.results.audit import AuditReport

EMPTY = {
    "sources": (), "issues": (), "alike": (), "alike_rows": {}, "lengths": (), "languages": (),
    "agreement": None, "labels": None, "reviewed": None, "remarks": {},
}  # fmt: skip
REPORTS = {
    "full": report(),
    "not judged": report(labels=labels(judged=False)),
    "no models": report(labels=None),
    "empty": report(**EMPTY),
    "hostile": hostile(),
}


class Elements(HTMLParser):
    """Elements with their attributes, and the text of scripts by turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script" and self.cdata_elem == "script":
            self.scripts[-1] += data


@pytest.fixture(scope="module", params=REPORTS)
def shown(request: pytest.FixtureRequest) -> tuple[AuditReport, str, Elements]:
    chosen = REPORTS[request.param]
    text = page(chosen)
    return chosen, text, Elements(text)


def test_the_same_report_gives_the_same_bytes() -> None:
    assert page(report()) == page(report())


def test_elements_are_those_of_the_template_whatever_the_report_says(
    shown: tuple[AuditReport, str, Elements],
) -> None:
    names = [name for name, _ in shown[2].elements]
    plain = [name for name, _ in Elements(page(report())).elements]
    assert names == plain
    assert not {"link", "img", "iframe", "object", "base", "form"} & set(names)


def test_nothing_is_loaded(shown: tuple[AuditReport, str, Elements]) -> None:
    for _, attributes in shown[2].elements:
        assert not {"src", "href", "data", "srcset", "action"} & set(attributes)
    style = shown[1].split("<style>")[1].split("</style>")[0]
    assert not re.search(r"url\(|@import|@font-face|image\(", style)


def test_the_report_is_in_the_page_whole(shown: tuple[AuditReport, str, Elements]) -> None:
    chosen, _, found = shown
    assert json.loads(found.scripts[0]) == json.loads(chosen.model_dump_json())


def test_the_policy_admits_the_scripts_of_the_page_and_no_others(
    shown: tuple[AuditReport, str, Elements],
) -> None:
    _, _, found = shown
    policy = next(
        values["content"] or ""
        for name, values in found.elements
        if name == "meta" and values.get("http-equiv") == "Content-Security-Policy"
    )
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    kinds = [values.get("type") for name, values in found.elements if name == "script"]
    sums = {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text, kind in zip(found.scripts, kinds, strict=True)
        if kind is None
    }
    assert rules["default-src"] == ["'none'"]
    assert set(rules["script-src"]) == sums
    assert "connect-src" not in rules
    assert rules["img-src"] == ["data:"]


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner)
                    | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_embedded_json_is_read_back_and_holds_no_markup(value: object) -> None:
    text = embedded_json(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_has_no_numbers_that_are_none(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        embedded_json([value])
