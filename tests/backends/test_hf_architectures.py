"""Log-likelihoods of many architectures against lm-eval's: packed, or said to be not."""

import random
from copy import copy
from typing import Any

import pytest
import torch
from hflm_oracle import agree, oracle, pairs, theirs
from peft import LoraConfig, get_peft_model
from tiny_models import CORPUS, answers, spec_for, tiny_model, tiny_tokenizer

from harness.backends.hf import HFBackend
from harness.records import LogLikelihood

BEGINNING = f"{CORPUS[0]}\n\n{CORPUS[1]}\n\n"
CONTEXTS = [
    BEGINNING + "Question: which organ makes insulin? Answer:",
    BEGINNING + "Question: what did he take? Answer:",
    BEGINNING + "患者服用",
    "The patient was given ",
    "",
    CORPUS[3] * 5,  # over-long
]
CHOICES = [" aspirin", " aspirin and insulin", "胰岛素", " A", " B", " B", "阿司匹林后疼痛消失"]
REQUESTS = [LogLikelihood(context, choice) for context in CONTEXTS for choice in CHOICES]

peft_calls_an_old_name = pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"  # peft 0.21, transformers 5.23
)
PACKED = None
STRETCHED = "the model's positions depend on a batch's longest text, so each is scored alone"
WAYS = {
    "llama": PACKED,
    "qwen2": PACKED,
    "qwen3": PACKED,
    "gemma": PACKED,
    "gemma3_text": PACKED,
    "gpt2": PACKED,
    "gpt_bigcode": PACKED,
    "gpt_neox": PACKED,
    "phi": PACKED,
    "phi3": PACKED,
    "opt": PACKED,
    "granite": PACKED,
    "mixtral": PACKED,
    "mistral": PACKED,
    "mistral, sliding": PACKED,
    "qwen2, sliding": PACKED,
    "llama, dynamic": STRETCHED,
    "phi3, longrope": STRETCHED,
    "gemma2": "its attention has softcap",
    "gpt_oss": "its attention has s_aux",
    "gptj": "0 of the model's 2 layers attend in a common way",
    "bloom": "the model takes no positions",
    "falcon": "the model weighs by distance (ALiBi)",
    "mamba": "the model keeps a state",
    "lfm2": "the model has layers of conv",
}


def opened(model: Any, tokenizer: Any, batch_size: int = 8) -> Any:
    """A backend whose packs are so small that many share a beginning that is kept."""
    backend = HFBackend(model, tokenizer, spec_for(batch_size=batch_size))
    if backend._scorer.packed is not None:
        backend._scorer.packed.budget, backend._scorer.packed.block = 40, 16
    return backend


@pytest.mark.parametrize("kind", WAYS)
def test_every_architecture_scores_as_lm_eval_does_and_says_how(kind: str) -> None:
    tokenizer = tiny_tokenizer(bos=True)
    model = tiny_model(kind, tokenizer)
    expected = theirs(oracle(model, tokenizer=tokenizer), "loglikelihood", pairs(REQUESTS))
    order = random.Random(3).sample(range(len(REQUESTS)), len(REQUESTS))
    backend = opened(model, tokenizer)
    agree(answers(backend, REQUESTS), expected)
    why = WAYS[kind]
    assert backend.measured().notes == (() if why is PACKED else (f"packing: off, {why}",))
    again = opened(model, tokenizer, batch_size=3)
    agree(answers(again, [REQUESTS[i] for i in order]), [expected[i] for i in order])


def mixes_neighbours(model: Any) -> None:
    """Let each token see the one before it in the row, past any mask."""

    def mixed(_: Any, __: Any, hidden: Any) -> Any:
        return hidden + torch.nn.functional.pad(hidden, (0, 0, 1, 0))[:, :-1]

    model.model.layers[0].register_forward_hook(mixed)


def counts_for_itself(model: Any) -> None:
    """Let it place each token where it stands in the row."""
    inner = model.model.forward

    def forward(*args: Any, position_ids: Any = None, **options: Any) -> Any:
        return inner(*args, **options)

    model.model.forward = forward


def hides_its_windows(model: Any) -> None:
    for layer in model.model.layers:
        layer.self_attn.config = copy(model.config)
        layer.self_attn.config.sliding_window = None


@pytest.mark.parametrize(
    ("kind", "spoil", "why"),
    [
        ("llama", mixes_neighbours, "a probe of it is"),
        ("llama", counts_for_itself, "a probe of it is"),
        ("mistral, sliding", hides_its_windows, "hands them on in its own way"),
    ],
)
def test_a_model_that_only_looks_common_is_found_out(kind: str, spoil: Any, why: str) -> None:
    tokenizer = tiny_tokenizer(bos=True)
    model = tiny_model(kind, tokenizer)
    spoil(model)
    expected = theirs(oracle(model, tokenizer=tokenizer), "loglikelihood", pairs(REQUESTS))
    backend = opened(model, tokenizer)
    agree(answers(backend, REQUESTS), expected)
    (note,) = backend.measured().notes
    assert why in note
    assert answers(backend, REQUESTS[:1])
    assert backend.measured().notes == ()  # said once


def test_a_model_on_several_devices_is_not_packed() -> None:
    tokenizer = tiny_tokenizer(bos=True)
    model = tiny_model("llama", tokenizer)
    model.unused = torch.nn.Parameter(torch.empty(1, device="meta"))
    backend = opened(model, tokenizer)
    answers(backend, REQUESTS[:2])
    assert backend.measured().notes == ("packing: off, the model lies on several devices",)


@peft_calls_an_old_name
def test_an_unmerged_adapter_is_packed() -> None:
    tokenizer = tiny_tokenizer(bos=True)
    config = LoraConfig(
        r=4, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM"
    )
    adapted = get_peft_model(tiny_model("llama", tokenizer), config).eval()
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name:
                weight.normal_(0.0, 0.3, generator=generator)
    model = adapted.get_base_model()
    expected = theirs(oracle(model, tokenizer=tokenizer), "loglikelihood", pairs(REQUESTS))
    backend = opened(model, tokenizer)
    agree(answers(backend, REQUESTS), expected)
    assert backend.measured().notes == ()
    with adapted.disable_adapter():
        bare = answers(opened(model, tokenizer), REQUESTS[:1])
    assert abs(bare[0].logprob - expected[0][0]) > 1e-2
