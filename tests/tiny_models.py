"""Tiny random models, most of them Llamas, with trained byte-level tokenizers, as users have."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from harness.backends import BackendSpec, open_backend
from harness.checkpoint import inspect
from harness.records import Checkpoint, ModelRef

BOS, EOS, END = "<|bos|>", "<|eos|>", "<|im_end|>"
POSITIONS = 96
CORPUS = [
    "The patient was given aspirin and the pain went away within an hour.",
    "Question: which organ makes insulin? Answer: the pancreas, of course.",
    "患者服用阿司匹林后疼痛消失。胰腺分泌胰岛素。问题：哪个器官分泌胰岛素？",
    "One two three four five six seven eight nine ten eleven twelve.",
] * 4


def tiny_tokenizer(*, bos: bool, adds_bos: bool = True) -> PreTrainedTokenizerFast:
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[EOS, END, *([BOS] if bos else [])],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(CORPUS, trainer)
    if bos and adds_bos:
        inner.post_processor = processors.TemplateProcessing(
            single=f"{BOS} $A", special_tokens=[(BOS, inner.token_to_id(BOS))]
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token=BOS if bos else None,
        eos_token=EOS,
        pad_token=EOS,
        additional_special_tokens=[END],
    )


def tiny_llama(
    tokenizer: PreTrainedTokenizerFast, seed: int = 0, **changes: Any
) -> LlamaForCausalLM:
    settings: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": POSITIONS,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    model = LlamaForCausalLM(LlamaConfig(**settings | changes))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():  # wide enough that tokens differ clearly
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(0.0, 0.3, generator=generator)
    return model.eval()


_SIZES = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
_HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": POSITIONS}
_SLIDING = ["sliding_attention", "full_attention"]
_GPT2 = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": POSITIONS}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen2": {},
    "qwen3": {"head_dim": 8},
    "gemma": {"head_dim": 8},
    "gemma2": {"head_dim": 8, "sliding_window": 12},
    "gemma3_text": {"head_dim": 8, "sliding_window": 12, "layer_types": _SLIDING},
    "gpt2": _GPT2,
    "gpt_bigcode": _GPT2,
    "gptj": {**_GPT2, "rotary_dim": 4},
    "gpt_neox": {},
    "phi": {},
    "phi3": {},
    "opt": {"ffn_dim": 64, "word_embed_proj_dim": 32},
    "granite": {"logits_scaling": 8.0},
    "mixtral": {"num_local_experts": 4},
    "mistral": {"sliding_window": None},
    "mistral, sliding": {"sliding_window": 12},
    "qwen2, sliding": {"sliding_window": 12, "use_sliding_window": True, "max_window_layers": 1},
    "llama, dynamic": {
        "rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0},
        "max_position_embeddings": 32,
    },
    "phi3, longrope": {
        "rope_parameters": {
            "rope_type": "longrope",
            "rope_theta": 10000.0,
            "short_factor": [1.0] * 4,
            "long_factor": [1.0, 2.0, 4.0, 8.0],
        },
        "original_max_position_embeddings": 32,
    },
    "gpt_oss": {"head_dim": 8, "num_local_experts": 4, "sliding_window": 12},
    "bloom": {"n_layer": 2, "n_head": 4},
    "falcon": {"alibi": True},
    "mamba": {"state_size": 4},
    "lfm2": {"layer_types": ["conv", "full_attention"]},
}
"""What tells a tiny model from the others; the first word is transformers' name of the type."""


def tiny_model(kind: str, tokenizer: PreTrainedTokenizerFast, seed: int = 0) -> Any:
    tokens = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    sizes = {"vocab_size": len(tokenizer), "pad_token_id": None, **tokens, **_SIZES, **_HEADS}
    config = AutoConfig.for_model(kind.split(",")[0], **sizes | ARCHITECTURES[kind])
    model = AutoModelForCausalLM.from_config(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(0.0, 0.3, generator=generator)
    return model.eval()


def save(folder: Path, model: Any, tokenizer: PreTrainedTokenizerFast) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def checkpoint(path: Path, adapter: Path | None = None) -> Checkpoint:
    ref = ModelRef(path=str(path), adapter=None if adapter is None else str(adapter))
    return Checkpoint(name="tiny", stage="sft", model=ref)


def spec_for(**changes: Any) -> BackendSpec:
    settings: dict[str, Any] = {"device": "cpu", "dtype": "float32", "max_length": 64}
    return BackendSpec(**settings | changes)


def opened(path: Path, adapter: Path | None = None, **changes: Any) -> Any:
    asked = checkpoint(path, adapter)
    return open_backend(spec_for(**changes), asked, inspect(asked.model))


def answers(backend: Any, requests: list[Any]) -> list[Any]:
    found = list(backend.respond(requests))
    assert sorted(index for index, _ in found) == list(range(len(requests)))
    return [response for _, response in sorted(found)]
