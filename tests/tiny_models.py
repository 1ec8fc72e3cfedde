"""Tiny random Llamas with trained byte-level tokenizers, written to folders as a user's are."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

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
