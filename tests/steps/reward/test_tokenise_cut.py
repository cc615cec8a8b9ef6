"""Prompts that are too long lose their beginning, and completions nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.steps.reward.tokenised_rows import (
    ALL,
    as_text,
    as_trl,
    assert_accounted_for,
    record,
    reference,
    tokenised,
)


@pytest.mark.parametrize("name", ALL)
def test_a_long_prompt_loses_its_beginning(saved: Path, tmp_path: Path, name: str) -> None:
    tokenizer = reference(saved / name)
    rows = [
        record("the sky is " * 30 + "blue?", "light", "air"),
        record("天空蓝色" * 30, "光线 light", "光线 air"),  # completions that begin alike
        record("sky", "light " * 60, "air"),
    ]
    full = [as_trl(tokenizer, row) for row in rows]
    tokens = 40 if name != "bert" else 25
    assert min(max(map(len, sides)) for sides in full) > tokens
    summary, pairs, verdicts = tokenised(
        tmp_path, [rows], saved / name, tokens=tokens, beyond="truncate-prompt-left"
    )
    assert pairs.rows.tolist() == [0, 1]
    assert summary.flagged == {"prompt-truncated": 2}
    assert summary.dropped == {"too-long": 1}
    assert [(line["row"], line["reason"]) for line in verdicts] == [
        *((row, "prompt-truncated") for row in (0, 1)),
        (2, "too-long"),
    ]
    assert_accounted_for(rows, summary, pairs, verdicts, tokenizer, tokens)
    opening = tokenizer.bos_token_id if name != "bert" else tokenizer.cls_token_id
    if opening is not None:
        assert all(pairs.parts(number)[0][0] == opening for number in range(2))
    longest = [max(map(len, sides)) for sides in full]
    assert verdicts[0]["evidence"].endswith(
        f"allowed {tokens}: the first {longest[0] - tokens} of the prompt left"
    )


@pytest.mark.parametrize("name", ["plain", "bos", "chatml", "bos-chatml"])
@pytest.mark.parametrize("said", ["the sky is blue", "天空是蓝色的"])
def test_completions_that_begin_alike_stay_whole(
    saved: Path, tmp_path: Path, name: str, said: str
) -> None:
    tokenizer = reference(saved / name)
    row = record(said, "光线 the light", "光线 the air")
    text = as_text(tokenizer, row).removeprefix("<s>")
    opening = tokenizer.bos_token_id is not None
    prompt = len(tokenizer(text, add_special_tokens=False)["input_ids"])
    whole = max(map(len, as_trl(tokenizer, row)))
    assert tokenizer.decode(as_trl(tokenizer, row)[0][opening:][:prompt]) == text.removeprefix(
        "<s>"
    )
    for out, tokens, kept in (("one", whole - prompt + 1, 1), ("none", whole - prompt, 0)):
        summary, pairs, verdicts = tokenised(
            tmp_path,
            [[row]],
            saved / name,
            out=out,
            tokens=tokens,
            beyond="truncate-prompt-left",
        )
        assert len(pairs) == summary.pairs == kept
        assert_accounted_for([row], summary, pairs, verdicts, tokenizer, tokens)
    assert f"of which {prompt - 1} could go" in verdicts[0]["evidence"]


def test_a_prompt_that_no_template_renders_alone_is_not_cut(saved: Path, tmp_path: Path) -> None:
    row = record("the sky is " * 30, "light", "air")
    summary, _, verdicts = tokenised(
        tmp_path, [[row]], saved / "never-alone", tokens=40, beyond="truncate-prompt-left"
    )
    assert summary.dropped == {"too-long": 1}
    assert "fails on the prompt alone" in verdicts[0]["evidence"]
