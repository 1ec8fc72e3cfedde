"""Generation equals transformers' greedy decoding, token by token, on every kind of model.

Each test says whether a model's cache is kept in slots or its texts fall back to plain batches.
"""

import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from tiny_models import (
    ARCHITECTURES,
    CORPUS,
    answers,
    opened,
    save,
    spec_for,
    tiny_llama,
    tiny_model,
    tiny_tokenizer,
)
from transformers import AutoModelForCausalLM, GenerationConfig

import harness.demo
from harness.backends.encoding import Encoder
from harness.backends.hf import HFBackend
from harness.backends.weights import quiet
from harness.checkpoint import inspect
from harness.records import Generate, Generation, ModelRef

STAGES = Path(harness.demo.__file__).parent / "weights"
TOKENIZER = tiny_tokenizer(bos=True)
HEAD = CORPUS[1]  # with what follows, longer than windows are
PROMPTS = [
    f"{HEAD} Answer: the pancreas.",
    f"{HEAD} 胰腺分泌胰岛素。",
    f"{HEAD} Answer:",
    "One",
    "One two three",
    "患者服用阿司匹林",
    " ".join(CORPUS[:1]),
]
SLIDING = "generation: texts over 12 tokens in plain batches"
STRETCHED = "generation: texts over 32 tokens in plain batches"
OTHERWISE = {  # what a backend says that doesn't keep all texts in slots
    "gemma2": SLIDING,
    "gemma3_text": SLIDING,
    "gpt_oss": SLIDING,
    "mistral, sliding": SLIDING,
    "qwen2, sliding": SLIDING,
    "llama, dynamic": STRETCHED,
    "phi3, longrope": STRETCHED,
    "bloom": "generation: in plain batches, the model takes no positions",
    "falcon": "generation: in plain batches, the model weighs by distance (ALiBi)",
    "lfm2": "generation: in plain batches, its cache is a LinearAttentionLayer",
    "mamba": "generation: in plain batches, the model keeps a state",
}


def requests() -> list[Generate]:
    """Greedy, of several lengths, with and without stop strings."""
    return [
        Generate(context=prompt, max_tokens=length, stop=stop)
        for prompt in PROMPTS
        for length, stop in ((4, ()), (11, ("er",)), (7, ("\n", "患")))
    ]


def by_transformers(model: Any, tokenizer: Any, request: Generate) -> Generation:
    """Generate without any neighbour, and cut afterwards."""
    encoder = Encoder(tokenizer, "auto", 1024)
    ids = torch.tensor([encoder.prompt(request.context, request.max_tokens)])
    eos = tokenizer.eos_token_id
    config = GenerationConfig(
        max_new_tokens=request.max_tokens, do_sample=False, eos_token_id=eos, pad_token_id=eos
    )
    with quiet():  # a copy, for some models remember how long a text was
        out = deepcopy(model).generate(
            ids, attention_mask=torch.ones_like(ids), generation_config=config
        )
    made = out[0, ids.shape[1] :].tolist()
    ended = eos in made
    made = made[: made.index(eos)] if ended else made
    for k in range(1, len(made) + 1):
        text = tokenizer.decode(made[:k], skip_special_tokens=True)
        found = [text.index(stop) for stop in request.stop if stop in text]
        if found:
            return Generation(texts=(text[: min(found)],), finish=("stop",), tokens=(k,))
    text = tokenizer.decode(made, skip_special_tokens=True)
    finish = "stop" if ended else "length"
    return Generation(texts=(text,), finish=(finish,), tokens=(len(made),))


def shuffled(asked: list[Generate], backend: HFBackend) -> list[Any]:
    """Ask in another order, in two calls; return the answers in the old order."""
    order = list(range(len(asked)))
    random.Random(3).shuffle(order)
    found: dict[int, Any] = {}
    for part in (order[:4], order[4:]):
        found |= zip(part, answers(backend, [asked[k] for k in part]), strict=True)
    return [found[k] for k in range(len(asked))]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_greedy_equals_transformers_one_by_one(name: str) -> None:
    with quiet():
        model = tiny_model(name, TOKENIZER)
    expected = [by_transformers(model, TOKENIZER, request) for request in requests()]
    backend = HFBackend(model, TOKENIZER, spec_for(batch_size=3))
    assert answers(backend, requests()) == expected
    assert backend.measured().notes == ((OTHERWISE[name],) if name in OTHERWISE else ())
    assert shuffled(requests(), backend) == expected
    assert backend.measured().notes == ()  # said once
    assert len({answer.texts for answer in expected}) > len(expected) / 3


def test_greedy_equals_transformers_with_an_adapter(tmp_path: Path) -> None:
    config = LoraConfig(r=2, lora_alpha=8, target_modules=["q_proj"], init_lora_weights=False)
    with quiet():
        model = get_peft_model(tiny_llama(TOKENIZER), config).eval()
    base = save(tmp_path / "base", tiny_llama(TOKENIZER), TOKENIZER)
    model.save_pretrained(tmp_path / "lora")
    expected = [by_transformers(model, TOKENIZER, request) for request in requests()]
    plain = [by_transformers(tiny_llama(TOKENIZER), TOKENIZER, r) for r in requests()]
    assert expected != plain
    backend = opened(base, tmp_path / "lora")
    assert answers(backend, requests()) == expected
    assert backend.measured().notes == ()


@pytest.mark.parametrize("stage", ["base", "sft", "aligned"])
def test_greedy_equals_transformers_on_the_bundled_family(stage: str) -> None:
    folder = STAGES / stage
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    backend = opened(folder, max_length=256)
    tokenizer = backend._generator._tokenizer
    template = inspect(ModelRef(path=str(folder))).template
    contexts = ["The patient", "阿司匹林", "Which organ makes insulin?", "The capital of France is"]
    if template is not None:
        contexts += [template.render([{"role": "user", "content": text}]) for text in contexts]
    asked = [Generate(context=text, max_tokens=40, stop=("\n\n",)) for text in contexts]
    expected = [by_transformers(model, tokenizer, request) for request in asked]
    assert answers(backend, asked) == expected
    assert shuffled(asked, backend) == expected


@pytest.mark.parametrize("name", ["llama", "mamba"])
def test_samples_do_not_depend_on_their_neighbours(name: str) -> None:
    with quiet():
        model = tiny_model(name, TOKENIZER)
    backend = HFBackend(model, TOKENIZER, spec_for(batch_size=4))
    asked = [
        Generate(context=prompt, max_tokens=6, temperature=0.8, seed=seed, n=2)
        for prompt in PROMPTS[3:6]
        for seed in (None, 7)
    ]
    alone = [answers(backend, [request])[0] for request in asked]
    greedy = [Generate(context=prompt, max_tokens=5) for prompt in PROMPTS]
    assert answers(backend, [*greedy, *asked])[len(greedy) :] == alone
    assert shuffled(asked, backend) == alone
    assert any(len(set(answer.texts)) == 2 for answer in alone)
