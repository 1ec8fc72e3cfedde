"""A GGUF file answers as the folder that it was made from."""

import json
from pathlib import Path

import pytest
import torch
from gguf import GGUFWriter, TokenType
from tiny_models import answers, opened
from transformers import AutoModelForCausalLM

from harness.records import Generate, Likelihood, LogLikelihood, RollingLogLikelihood

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def interleaved(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Llama's rotary halves as llama.cpp stores them: in pairs."""
    rows, columns = weight.shape
    split = weight.reshape(heads, 2, rows // heads // 2, columns)
    return split.swapaxes(1, 2).reshape(rows, columns)


def write_gguf(folder: Path, file: Path) -> Path:
    model = AutoModelForCausalLM.from_pretrained(folder)
    config, tensors = model.config, model.state_dict()
    vocabulary = json.loads((folder / "tokenizer.json").read_text())
    tokens = sorted(vocabulary["model"]["vocab"], key=vocabulary["model"]["vocab"].get)
    special = {token["content"] for token in vocabulary["added_tokens"]}
    writer = GGUFWriter(file, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    kinds = [TokenType.CONTROL if token in special else TokenType.NORMAL for token in tokens]
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in vocabulary["model"]["merges"]])
    writer.add_eos_token_id(tokens.index("<|eos|>"))
    if "<|bos|>" in tokens:
        writer.add_bos_token_id(tokens.index("<|bos|>"))
        writer.add_add_bos_token(True)
    writer.add_tensor("token_embd.weight", tensors["model.embed_tokens.weight"].numpy())
    writer.add_tensor("output_norm.weight", tensors["model.norm.weight"].numpy())
    writer.add_tensor("output.weight", tensors["lm_head.weight"].numpy())
    for layer in range(config.num_hidden_layers):
        for ours, name in NAMES.items():
            weight = tensors[f"model.layers.{layer}.{ours}.weight"]
            if name in ("attn_q", "attn_k"):
                heads = (
                    config.num_attention_heads if name == "attn_q" else config.num_key_value_heads
                )
                weight = interleaved(weight, heads)
            writer.add_tensor(f"blk.{layer}.{name}.weight", weight.contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


@pytest.mark.parametrize("family", ["with_bos", "without_bos"])
def test_a_gguf_file_answers_as_its_folder(
    family: str, tmp_path: Path, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = request.getfixturevalue(family)
    file = write_gguf(folder, tmp_path / "tiny.gguf")
    requests = [
        LogLikelihood("The patient was given", " aspirin"),
        LogLikelihood("患者服用", "阿司匹林"),
        RollingLogLikelihood("Question: which organ makes insulin?"),
        Generate(context="The patient", max_tokens=6),
    ]
    expected = answers(opened(folder), requests)
    capfd.readouterr()
    found = answers(opened(file), requests)
    assert capfd.readouterr() == ("", "")
    for one, other in zip(found[:3], expected[:3], strict=True):
        assert isinstance(one, Likelihood)
        assert one.tokens == other.tokens
        assert abs(one.logprob - other.logprob) <= 1e-3
    assert found[3] == expected[3]
