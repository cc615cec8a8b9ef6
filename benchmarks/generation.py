"""Local completions beside a loop of model.generate, prompt by prompt, at equal outputs.

python benchmarks/generation.py MODEL_FOLDER [PROMPTS TOKENS]
"""

from __future__ import annotations

import sys
import time

from prefdata.config.asking import LimitsConfig
from prefdata.config.local_model import LocalModelConfig
from prefdata.models.generation.local_model import LocalModel
from prefdata.records.chat import Asked, ChatAnswer, ChatRequest, parameters_text
from prefdata.records.record import user

TOPICS = ("bicycles", "the moon", "绿萝", "bread", "old maps", "fractions", "rain", "chess")
ASKED = (
    "Tell me about {}.",
    "In one sentence, what is interesting about {}?",
    "A child of six asks what {} has to do with everyday life. Answer kindly, and give an example "
    "that a child knows from home, from the garden or from school.",
    "请简单介绍一下{}。",
)


def main(folder: str, prompts: int, tokens: int) -> None:
    """Prints seconds of both, their ratio, and how many completions are the same."""
    texts = [ASKED[n % 4].format(f"{TOPICS[n % 8]} ({n})") for n in range(prompts)]
    begin = time.perf_counter()
    ours = _batched(folder, texts, tokens)
    middle = time.perf_counter()
    theirs = _one_by_one(folder, texts, tokens)
    end = time.perf_counter()
    same = sum(ours[text] == theirs[text] for text in texts)
    print(f"{prompts} prompts, up to {tokens} tokens, loading included")
    print(f"batched {middle - begin:.1f} s; model.generate one by one {end - middle:.1f} s")
    print(f"ratio {(end - middle) / (middle - begin):.2f}; the same texts: {same} of {prompts}")


def _batched(folder: str, texts: list[str], tokens: int) -> dict[str, str]:
    model = LocalModel(folder, LocalModelConfig(device="cpu"))
    stated = parameters_text({"temperature": 0, "max_tokens": tokens})
    requests = [ChatRequest("m", (user(text),), stated) for text in texts]
    by_key = {request.key: text for request, text in zip(requests, texts, strict=True)}
    asked = (Asked(request, request.key, (0,)) for request in requests)
    return {
        by_key[reply.key]: reply.outcome.text
        for replies in model.replies(asked, LimitsConfig())
        for reply in replies
        if isinstance(reply.outcome, ChatAnswer)
    }


def _one_by_one(folder: str, texts: list[str], tokens: int) -> dict[str, str]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    found = {}
    for text in texts:
        ids = tokenizer.apply_chat_template(
            [{"role": "user", "content": text}], add_generation_prompt=True, return_tensors="pt"
        )
        with torch.inference_mode():
            said = model.generate(**ids, max_new_tokens=tokens, do_sample=False)
        made = said[0, ids["input_ids"].shape[1] :]
        found[text] = tokenizer.decode(made, skip_special_tokens=True)
    return found


if __name__ == "__main__":
    prompts, tokens = (int(number) for number in (sys.argv[2:] or ["48", "64"]))
    main(sys.argv[1], prompts, tokens)
