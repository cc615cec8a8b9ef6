from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prefdata.preflight.render import RenderedSides
from prefdata.preflight.shared_prefix import safe_cuts, shared_length
from prefdata.preflight.tokens import token_ids

PIECES = ["<|im_end|>", "<|im_start|>", "<|im_", "start|>", " ", "\n", "sky", "天空", "e", "\u0301"]
texts = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@given(shared=texts, one=texts, other=texts)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_parts_tokenise_as_the_whole_does(chatml, shared, one, other):
    rows = [RenderedSides(shared + one, shared + other)]
    assert token_ids(rows, chatml, safe_cuts(chatml)) == token_ids(rows, chatml, None)


@given(shared=texts, one=texts, other=texts)
def test_shared_length_is_what_a_loop_counts(shared, one, other):
    one, other = shared + one, shared + other
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    assert shared_length(one, other) == count


def test_the_prompt_is_cut_off_after_its_last_special_token(chatml):
    cuts = safe_cuts(chatml)
    one = "<|im_start|>user\nsky?<|im_end|>\n<|im_start|>assistant\nblue and so on"
    other = one.replace("blue", "no!!")
    shared = one.index("blue")
    assert cuts.longest == len("<|im_end|><|im_start|>")
    assert one[: cuts.last(one, other)] in {
        "<|im_start|>user\nsky?<|im_end|>",
        "<|im_start|>user\nsky?<|im_end|>\n<|im_start|>",
    }
    assert cuts.last(one, other) <= shared
    assert cuts.last("sky", "sky") == 0


def test_a_token_that_could_grow_into_a_longer_one_is_no_cut(chatml):
    cuts = safe_cuts(chatml)
    one, other = "a<|im_end|><|im_start|>b", "a<|im_end|>c"
    assert cuts.last(one, other) == 0


def without_template(tokenizer):
    tokenizer.chat_template = None


def metaspace(tokenizer):
    from tokenizers import pre_tokenizers

    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()


def prefix_space(tokenizer):
    from tokenizers import pre_tokenizers

    parts = [pre_tokenizers.Digits(), pre_tokenizers.ByteLevel(add_prefix_space=True)]
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(parts)


def swallowing_token(tokenizer):
    from tokenizers import AddedToken

    tokenizer.add_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])


@pytest.mark.parametrize(
    "change",
    [without_template, metaspace, prefix_space, swallowing_token],
    ids=lambda f: f.__name__,
)
def test_where_it_is_not_certain_nothing_is_cut(make_tokenizer, change):
    tokenizer = make_tokenizer()
    assert safe_cuts(tokenizer) is not None
    change(tokenizer)
    assert safe_cuts(tokenizer) is None
