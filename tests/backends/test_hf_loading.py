"""What is loaded, what is refused, and that refusals are one line."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from tiny_models import (
    BOS,
    answers,
    opened,
    save,
    tiny_llama,
    tiny_tokenizer,
)
from transformers import AutoModelForCausalLM, AutoTokenizer, Gemma2Config, Gemma2ForCausalLM

from harness.errors import CheckpointError, SpecError
from harness.records import Failure, Generate, Likelihood, LogLikelihood, RollingLogLikelihood

peft_calls_an_old_name = pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"  # peft 0.21, transformers 5.23
)
ASKED = [
    LogLikelihood("The patient was given", " aspirin"),
    LogLikelihood("The patient was given", " insulin at once"),
    LogLikelihood("", "患者服用阿司匹林"),
]


def adapter_for(base: Path, folder: Path, *, seed: int = 5) -> Path:
    """A LoRA adapter with weights that matter."""
    model = AutoModelForCausalLM.from_pretrained(base)
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    adapted = get_peft_model(model, config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name:
                weight.normal_(0.0, 0.3, generator=generator)
    adapted.save_pretrained(folder)
    return folder


def by_lm_eval(asked: list[Any], **settings: Any) -> list[tuple[float, bool]]:
    lm = HFLM(
        dtype="float32",
        softmax_dtype="float32",
        device="cpu",
        batch_size=1,
        max_length=64,
        **settings,
    )
    instances = [
        Instance("loglikelihood", {}, (a.context, a.continuation), i) for i, a in enumerate(asked)
    ]
    return list(lm.loglikelihood(instances, disable_tqdm=True))


@peft_calls_an_old_name
def test_an_adapter_is_applied_as_lm_eval_applies_it(without_bos: Path, tmp_path: Path) -> None:
    adapter = adapter_for(without_bos, tmp_path / "lora")
    expected = by_lm_eval(ASKED, pretrained=str(without_bos), peft=str(adapter))
    plain = answers(opened(without_bos), ASKED)
    adapted = answers(opened(without_bos, adapter), ASKED)
    for answer, base, (logprob, greedy) in zip(adapted, plain, expected, strict=True):
        assert abs(answer.logprob - logprob) <= 1e-3
        assert answer.greedy == greedy
        assert abs(answer.logprob - base.logprob) > 1e-2


@peft_calls_an_old_name
def test_an_adapter_that_extends_the_vocabulary_brings_its_tokenizer(
    without_bos: Path, tmp_path: Path
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(without_bos)
    tokenizer.add_tokens(["<new>"], special_tokens=True)
    model = AutoModelForCausalLM.from_pretrained(without_bos)
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    config = LoraConfig(
        r=4,
        target_modules=["q_proj"],
        modules_to_save=["embed_tokens", "lm_head"],
        task_type="CAUSAL_LM",
    )
    adapted = get_peft_model(model, config)
    adapted.save_pretrained(tmp_path, save_embedding_layers=True)
    tokenizer.save_pretrained(tmp_path)
    (answer,) = answers(opened(without_bos, tmp_path), [LogLikelihood("The", "<new>")])
    with torch.no_grad():
        ids = torch.tensor([tokenizer.encode("The<new>")])
        logits = adapted.eval()(ids).logits[0].log_softmax(-1)
    assert answer.tokens == 1
    assert abs(answer.logprob - float(logits[-2, ids[0, -1]])) <= 1e-4


@peft_calls_an_old_name
def test_an_adapter_of_another_base_is_refused(without_bos: Path, tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer(bos=False)
    wider = save(tmp_path / "wide", tiny_llama(tokenizer, hidden_size=48), tokenizer)
    deeper = save(tmp_path / "deep", tiny_llama(tokenizer, num_hidden_layers=3), tokenizer)
    for number, base in enumerate((wider, deeper)):
        adapter = adapter_for(base, tmp_path / f"lora{number}")
        with pytest.raises(CheckpointError, match=r"lora_[AB]") as caught:
            opened(without_bos, adapter)
        assert "\n" not in str(caught.value)
        assert str(adapter) in str(caught.value)


def change(folder: Path, target: Path, edit: Any) -> Path:
    """A copy of a checkpoint with edited tensors."""
    target.mkdir()
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    tensors = load_file(target / "model.safetensors")
    edit(tensors)
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    return target


def test_a_tensor_of_another_shape_is_named(without_bos: Path, tmp_path: Path) -> None:
    def halve(tensors: dict[str, torch.Tensor]) -> None:
        name = "model.layers.1.mlp.up_proj.weight"
        tensors[name] = tensors[name][:32].clone()

    with pytest.raises(CheckpointError, match=r"layers\.1\.mlp\.up_proj.* shape \(32, 32\)"):
        opened(change(without_bos, tmp_path / "m", halve))


def test_a_missing_tensor_is_named(without_bos: Path, tmp_path: Path) -> None:
    def drop(tensors: dict[str, torch.Tensor]) -> None:
        del tensors["model.layers.0.self_attn.q_proj.weight"]

    with pytest.raises(CheckpointError, match=r"q_proj.weight is missing"):
        opened(change(without_bos, tmp_path / "m", drop))


def test_tied_weights_are_not_missing(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer(bos=False)
    folder = save(tmp_path, tiny_llama(tokenizer, tie_word_embeddings=True), tokenizer)
    assert "lm_head.weight" not in load_file(folder / "model.safetensors")
    expected = by_lm_eval(ASKED, pretrained=str(folder))
    for answer, (logprob, _) in zip(answers(opened(folder), ASKED), expected, strict=True):
        assert abs(answer.logprob - logprob) <= 1e-3


def test_a_damaged_weights_file_is_one_line(without_bos: Path, tmp_path: Path) -> None:
    folder = change(without_bos, tmp_path / "m", lambda tensors: None)
    (folder / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0nonsense")
    with pytest.raises(CheckpointError, match="can't be loaded") as caught:
        opened(folder)
    assert "\n" not in str(caught.value)


def test_code_of_a_checkpoint_is_never_run(without_bos: Path, tmp_path: Path) -> None:
    folder = change(without_bos, tmp_path / "m", lambda tensors: None)
    (folder / "evil.py").write_text(
        f"open({str(tmp_path / 'ran')!r}, 'w')\nclass C: pass\nclass M: pass\n"
    )
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "unheard_of",
        "auto_map": {"AutoConfig": "evil.C", "AutoModelForCausalLM": "evil.M"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError):
        opened(folder)
    assert not (tmp_path / "ran").exists()


def test_weights_that_are_nan_give_failures_and_no_number(
    without_bos: Path, tmp_path: Path
) -> None:
    def poison(tensors: dict[str, torch.Tensor]) -> None:
        tensors["model.layers.1.mlp.up_proj.weight"][0, 0] = float("nan")

    asked = [*ASKED, RollingLogLikelihood("The patient"), Generate(context="The", max_tokens=3)]
    found = answers(opened(change(without_bos, tmp_path / "m", poison)), asked)
    assert all(isinstance(answer, Failure) for answer in found)


def test_a_tokenizer_of_another_model_is_refused(without_bos: Path, tmp_path: Path) -> None:
    folder = change(without_bos, tmp_path / "m", lambda tensors: None)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["<one>", "<two>"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(CheckpointError, match=r"<one>.*embeddings"):
        opened(folder)


def test_a_padding_token_without_embedding_is_no_matter(without_bos: Path, tmp_path: Path) -> None:
    folder = change(without_bos, tmp_path / "m", lambda tensors: None)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"pad_token": "<pad>"})
    tokenizer.save_pretrained(folder)
    *found, unknown = answers(opened(folder), [*ASKED, LogLikelihood("The <pad> in", " it")])
    assert found == answers(opened(without_bos), ASKED)
    assert isinstance(unknown, Failure)
    assert "doesn't know" in unknown.reason


def test_a_window_longer_than_the_model_is_refused(without_bos: Path) -> None:
    with pytest.raises(CheckpointError, match=r"96 positions.*max_length is 97"):
        opened(without_bos, max_length=97)


def test_logits_that_the_model_caps_are_scored_capped(tmp_path: Path) -> None:
    """Gemma 2 caps its logits after the output layer; a shortcut past the cap would differ."""
    tokenizer = tiny_tokenizer(bos=False)
    config = Gemma2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=96,
        final_logit_softcapping=2.0,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    model = Gemma2ForCausalLM(config)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(0.0, 0.5, generator=generator)
    folder = save(tmp_path, model, tokenizer)
    expected = by_lm_eval(ASKED, pretrained=str(folder))
    for batch_size in (1, 3):
        found = answers(opened(folder, batch_size=batch_size), ASKED)
        for answer, (logprob, greedy) in zip(found, expected, strict=True):
            assert abs(answer.logprob - logprob) <= 1e-3
            assert answer.greedy == greedy


def test_bfloat16_weights_are_scored_near_float32(without_bos: Path) -> None:
    exact = answers(opened(without_bos), ASKED)
    coarse = answers(opened(without_bos, dtype="bfloat16"), ASKED)
    for one, other in zip(exact, coarse, strict=True):
        assert 0 < abs(one.logprob - other.logprob) < 0.05 * abs(one.logprob) + 0.2


@pytest.mark.parametrize(
    ("policy", "tokens"), [("auto", "with"), ("always", "with"), ("never", "without")]
)
def test_bos_is_as_the_run_says(with_bos: Path, policy: str, tokens: str) -> None:
    """Against lm-eval's add_bos_token, which the tokenizer's default (auto) equals here."""
    expected = by_lm_eval(ASKED[:2], pretrained=str(with_bos), add_bos_token=tokens == "with")
    found = answers(opened(with_bos, bos=policy), ASKED[:2])
    for answer, (logprob, _) in zip(found, expected, strict=True):
        assert abs(answer.logprob - logprob) <= 1e-3


def test_always_adds_a_bos_that_the_tokenizer_would_not(tmp_path: Path) -> None:
    shy = tiny_tokenizer(bos=True, adds_bos=False)
    folder = save(tmp_path, tiny_llama(shy), shy)
    auto, always = (answers(opened(folder, bos=bos), ASKED[:1])[0] for bos in ("auto", "always"))
    written = answers(
        opened(folder), [LogLikelihood(BOS + ASKED[0].context, ASKED[0].continuation)]
    )[0]
    assert isinstance(auto, Likelihood)
    assert auto != always
    assert always == written


def test_a_text_that_begins_with_bos_gets_no_other(with_bos: Path) -> None:
    marked = [LogLikelihood(BOS + "The patient", " was"), LogLikelihood("The patient", " was")]
    one, other = answers(opened(with_bos), marked)
    assert one == other


def test_always_without_a_bos_token_is_refused(without_bos: Path) -> None:
    with pytest.raises(CheckpointError, match="no BOS token"):
        opened(without_bos, bos="always")


def test_an_unknown_option_is_refused(without_bos: Path) -> None:
    with pytest.raises(SpecError, match="model_args"):
        opened(without_bos, options={"model_args": {}})
