from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prefdata.config.load import config_of
from prefdata.config.settings import settings_of
from prefdata.credentials import text_without_credentials, without_credentials


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hush@host/x.jsonl", "https://host/x.jsonl"),
        ("https://hush@host:8080/x.jsonl", "https://host:8080/x.jsonl"),
        ("http://me:p@hush@host/x", "http://host/x"),
        ("https://host/x.jsonl?X-Amz-Signature=hush&X-Amz-Date=1", "https://host/x.jsonl"),
        ("https://host/x?hush", "https://host/x"),
        ("https://host?hush", "https://host"),
        ("https://host/x?file=a.csv&sig=hush&rev=2#hush", "https://host/x?file=a.csv&rev=2"),
        ("https://host/x?file=https://me:hush@other/y", "https://host/x"),
        ("s3://key:hu/sh@bucket/a@b.jsonl", "s3://bucket/a@b.jsonl"),
        ("HTTPS://me:hush@host/x", "HTTPS://host/x"),
        ("sftp://me:hush@host:22/x", "sftp://host:22/x"),
        ("abfs://box@account/x?sig=hush", "abfs://box@account/x"),
        ("zip://a.csv::https://me:hush@host/b.zip?sig=hush", "zip://a.csv::https://host/b.zip"),
        ("http://me:hush@[::1]:80/x", "http://[::1]:80/x"),
        ("simplecache::s3://key:hush@bucket/x", "simplecache::s3://bucket/x"),
    ],
)
def test_what_opens_a_url_stays_behind(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
    assert without_credentials(shown) == shown
    assert "hush" not in text_without_credentials(f"Client('{url}', 403): no")


@pytest.mark.parametrize(
    "text",
    [
        *("data/a.jsonl", "/home/me/a?b.jsonl", "C:\\data\\a.jsonl", "-", "org/name", "me@host"),
        *("s3://bucket/part-?.jsonl", "s3://bucket/a#1.jsonl", "memory://a/b@c", "a::b"),
        *("hf://datasets/org/name@main/a.parquet", "github://org:repo@main/a.json"),
        *("https://host:8080/a@b.jsonl", "Prompts of http://host?a=b, cleaned"),
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert without_credentials(text) == text


@given(st.text(alphabet="ab:/@?&=#.", max_size=30))
@example("@:/@")
def test_cleaning_twice_changes_nothing(rest: str) -> None:
    once = without_credentials(f"https://{rest}")
    assert without_credentials(once) == once


def test_a_config_is_written_down_without_credentials_wherever_they_stand() -> None:
    url = "https://me:hush@host/x.jsonl?token=hush"
    config = config_of(
        {
            "sources": [url, "local.jsonl"],
            "read": {"dialects": {url: "pairs"}},
            "against": {"files": [url]},
            "semantic": {"like": {"keep": [url]}},
            "near": {"prefer": [url]},
        }
    )
    written = settings_of(config)
    assert "hush" not in json.dumps(written)
    assert written["sources"] == ["https://host/x.jsonl", "local.jsonl"]
    assert config_of(written) == config_of(settings_of(config_of(written)))
