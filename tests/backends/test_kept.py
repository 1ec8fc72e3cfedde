"""Checkpoints of one base share its weights in one process, and answer as if they didn't."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from tiny_models import answers, opened, save, tiny_llama, tiny_tokenizer
from transformers import AutoModelForCausalLM

from harness.backends import weights
from harness.backends.kept import keeping
from harness.records import Generate, LogLikelihood

ASKED = [
    *(LogLikelihood("The patient was given", f" {drug}") for drug in ("aspirin", "insulin")),
    LogLikelihood("The patient was given", " insulin at once"),
    Generate(context="The patient", max_tokens=6),
]
pytestmark = pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"  # peft 0.21, transformers 5.23
)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    tokenizer = tiny_tokenizer(bos=False)
    return save(tmp_path / "base", tiny_llama(tokenizer), tokenizer)


def adapter(base: Path, folder: Path, seed: int, **changes: Any) -> Path:
    settings: dict[str, Any] = {"target_modules": ["q_proj", "v_proj"], "r": 4} | changes
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base), LoraConfig(task_type="CAUSAL_LM", **settings)
    )
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                weight.normal_(0.0, 0.3, generator=generator)
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders whose weights were read."""
    found: list[str] = []
    load = weights.load_base

    def counted(spec: Any, inspection: Any) -> Any:
        found.append(inspection.folder.name)
        return load(spec, inspection)

    monkeypatch.setattr(weights, "load_base", counted)
    return found


def asked(base: Path, adapter: Path | None) -> list[Any]:
    backend = opened(base, adapter)
    try:
        return answers(backend, ASKED)
    finally:
        backend.close()


def test_a_base_is_loaded_once_for_its_adapters_and_nothing_changes(
    base: Path, tmp_path: Path, loads: list[str]
) -> None:
    chain = [None, adapter(base, tmp_path / "a", 1), adapter(base, tmp_path / "b", 2), None]
    alone = [asked(base, each) for each in chain]
    assert len(loads) == 4
    loads.clear()
    with keeping():
        together = [asked(base, each) for each in chain]
    assert loads == ["base"]
    assert together == alone
    assert alone[1] != alone[0] == alone[3]


def test_a_base_whose_weights_an_adapter_replaced_isnt_used_again(
    base: Path, tmp_path: Path, loads: list[str]
) -> None:
    replacing = adapter(base, tmp_path / "head", 3, modules_to_save=["lm_head"])
    expected = asked(base, None)
    loads.clear()
    with keeping():
        asked(base, replacing)
        assert asked(base, None) == expected
    assert loads == ["base", "base"]


def test_another_base_takes_the_place_of_the_one_before(
    base: Path, tmp_path: Path, loads: list[str]
) -> None:
    tokenizer = tiny_tokenizer(bos=False)
    other = save(tmp_path / "other", tiny_llama(tokenizer, seed=7), tokenizer)
    with keeping():
        first, second = asked(base, None), asked(other, None)
        assert asked(base, None) == first != second
    assert loads == ["base", "other", "base"]


def test_nothing_is_kept_where_nobody_asked_for_it(base: Path, loads: list[str]) -> None:
    asked(base, None)
    asked(base, None)
    assert loads == ["base", "base"]
