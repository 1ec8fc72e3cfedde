"""The family's model: a Llama of about two million weights, drawn from a seed, saved in float16."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from harness.demo.optimise import IGNORED
from harness.demo.recipe import Shape
from harness.demo.vocabulary import CHAT_TEMPLATE

INITIAL_SPREAD = 0.04


def new_model(
    shape: Shape, tokenizer: PreTrainedTokenizerFast, generator: torch.Generator
) -> LlamaForCausalLM:
    """An untrained model, every weight drawn from `generator`."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        intermediate_size=shape.mlp,
        max_position_embeddings=shape.positions,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(0.0, INITIAL_SPREAD, generator=generator)
    return model


def token_log_probs(
    model: LlamaForCausalLM, tokens: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """Log-probability of each labelled token, zero elsewhere: (rows, width - 1)."""
    hidden = model.model(input_ids=tokens).last_hidden_state[:, :-1]
    targets = labels[:, 1:]
    learned = targets != IGNORED
    logits = model.lm_head(hidden[learned]).float()
    found = -torch.nn.functional.cross_entropy(logits, targets[learned], reduction="none")
    return torch.zeros(targets.shape).masked_scatter(learned, found)


def save_checkpoint(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path, *, chat: bool
) -> None:
    """Write a standard folder in float16; only a tuned checkpoint gets the chat template."""
    folder.mkdir(parents=True, exist_ok=True)
    half = copy.deepcopy(model).half()
    half.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        do_sample=False,
        max_new_tokens=64,
    )
    half.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # safetensors lets only the owner read
    tokenizer.chat_template = CHAT_TEMPLATE if chat else None
    tokenizer.save_pretrained(folder)
