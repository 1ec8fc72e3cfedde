"""Checkpoints that would run code: refused, or allowed and then part of their identity."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_models import answers, checkpoint, save, spec_for, tiny_llama, tiny_tokenizer

from harness.backends import examine, open_backend
from harness.backends.weights import quiet
from harness.checkpoint import inspect
from harness.errors import CheckpointError, SpecError
from harness.foreign_code import Allowed
from harness.records import LogLikelihood, ModelRef

PICKLE, CODE = Allowed(pickle=True), Allowed(remote_code=True)
ASKED = [LogLikelihood("The patient", " was given aspirin")]
OWN = """
import torch
from transformers import LlamaConfig, LlamaForCausalLM

class Config(LlamaConfig):
    model_type = "own"

class Model(LlamaForCausalLM):
    config_class = Config

    def forward(self, *args, **options):
        found = super().forward(*args, **options)
        found.logits = found.logits * {factor}
        return found
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = tiny_tokenizer(bos=True)
    return save(tmp_path_factory.mktemp("tiny") / "model", tiny_llama(tokenizer), tokenizer)


@pytest.fixture
def folder(source: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(source, tmp_path / "model"))


def pickled(folder: Path, name: str = "pytorch_model.bin") -> Path:
    torch.save(load_file(folder / "model.safetensors"), folder / name)
    (folder / "model.safetensors").unlink()
    return folder


def with_code(folder: Path, factor: float = 1.0, **auto_map: str) -> Path:
    config = json.loads((folder / "config.json").read_text())
    named = {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}
    config |= {"model_type": "own", "auto_map": auto_map or named}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(OWN.replace("{factor}", str(factor)))
    return folder


def ref(folder: Path) -> ModelRef:
    return ModelRef(path=str(folder))


def asked(folder: Path, **allowed: bool) -> float:
    spec, who = spec_for(**allowed), checkpoint(folder)
    (answer,) = answers(open_backend(spec, who, examine(spec, who)), ASKED)
    return float(answer.logprob)


def test_allowed_pickles_answer_as_the_safetensors_do(source: Path, folder: Path) -> None:
    pickled(folder)
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin: .*--allow-pickle"):
        inspect(ref(folder))
    assert asked(folder, allow_pickle=True) == asked(source)


def test_pickles_enter_the_fingerprint_shard_by_shard(folder: Path) -> None:
    whole = inspect(ref(pickled(folder)), PICKLE).fingerprint
    tensors = torch.load(folder / "pytorch_model.bin", weights_only=True)
    (folder / "pytorch_model.bin").unlink()
    names, places = sorted(tensors), {}
    for number, part in enumerate((names[:3], names[3:]), start=1):
        file = f"pytorch_model-{number:05}-of-00002.bin"
        torch.save({name: tensors[name] for name in part}, folder / file)
        places |= dict.fromkeys(part, file)
    (folder / "pytorch_model.bin.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": places})
    )
    sharded = inspect(ref(folder), PICKLE)
    assert sharded.pickled
    assert sharded.fingerprint != whole
    assert asked(folder, allow_pickle=True) < 0


def test_an_index_cant_name_weights_elsewhere(folder: Path) -> None:
    pickled(folder)
    index = {"weight_map": {"w": "../other.bin"}}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match=r"no file '\.\./other\.bin' beside it"):
        inspect(ref(folder), PICKLE)


def test_only_pickles_that_transformers_reads_are_weights(folder: Path) -> None:
    pickled(folder, "consolidated.pth")
    with pytest.raises(CheckpointError, match=r"no weights .* or pytorch_model\.bin"):
        inspect(ref(folder), PICKLE)


def test_safetensors_come_before_pickles(folder: Path) -> None:
    before = inspect(ref(folder))
    torch.save({}, folder / "pytorch_model.bin")
    assert inspect(ref(folder), PICKLE) == before


def test_an_allowed_pickle_of_an_adapter_is_applied(folder: Path, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    with quiet():
        model = AutoModelForCausalLM.from_pretrained(folder)
        config = LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)
        get_peft_model(model, config).save_pretrained(tmp_path / "lora")
    whole = checkpoint(folder, tmp_path / "lora")
    spec = spec_for(allow_pickle=True)
    (before,) = answers(open_backend(spec, whole, examine(spec, whole)), ASKED)
    lora = tmp_path / "lora"
    torch.save(load_file(lora / "adapter_model.safetensors"), lora / "adapter_model.bin")
    (lora / "adapter_model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="--allow-pickle"):
        inspect(whole.model)
    (after,) = answers(open_backend(spec, whole, examine(spec, whole)), ASKED)
    assert after == before
    assert before.logprob != asked(folder)


def test_code_runs_only_where_it_is_trusted(source: Path, folder: Path) -> None:
    with_code(folder, 0.5)
    with pytest.raises(CheckpointError, match=r"config\.json: auto_map: .*--trust-remote-code"):
        asked(folder)
    assert asked(folder, trust_remote_code=True) != pytest.approx(asked(source), abs=1e-3)


def test_code_enters_the_fingerprint(folder: Path) -> None:
    first = inspect(ref(with_code(folder)), CODE)
    assert first.runs_code
    (folder / "own.py").write_text(OWN.replace("{factor}", "2.0"))
    second = inspect(ref(folder), CODE)
    (folder / "deeper").mkdir()
    (folder / "deeper" / "part.py").write_text("x = 1\n")
    third = inspect(ref(folder), CODE)
    assert len({first.fingerprint, second.fingerprint, third.fingerprint}) == 3


def test_trust_changes_nothing_for_a_checkpoint_without_code(folder: Path) -> None:
    plain = inspect(ref(folder))
    (folder / "notes.py").write_text("print('unrelated')\n")
    assert inspect(ref(folder), CODE) == plain
    assert not plain.runs_code


@pytest.mark.parametrize(
    ("file", "settings", "said"),
    [
        ("config.json", {"auto_map": {"AutoModel": "own.Model"}}, "own.Model"),
        ("tokenizer_config.json", {"auto_map": ["own.Tok", None]}, "own.Tok"),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": [None, "own.Fast"]}}, "own.Fast"),
        ("config.json", {"attn_implementation": "kernels-community/x"}, "kernels-community/x"),
        ("config.json", {"text_config": {"attn_implementation": "some/x"}}, "some/x from the hub"),
    ],
)
def test_every_way_to_ask_for_code_is_seen(
    folder: Path, file: str, settings: dict[str, object], said: str
) -> None:
    content = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(content | settings))
    with pytest.raises(CheckpointError, match=r"--trust-remote-code") as caught:
        inspect(ref(folder))
    assert said in str(caught.value)
    assert file in str(caught.value)


def test_a_generation_loop_of_its_own_is_code(folder: Path) -> None:
    (folder / "custom_generate").mkdir()
    (folder / "custom_generate" / "generate.py").write_text("def generate(*a, **k): ...\n")
    with pytest.raises(CheckpointError, match=r"generate\.py.*--trust-remote-code"):
        inspect(ref(folder))


def test_code_of_another_repository_is_refused_even_if_code_is_trusted(folder: Path) -> None:
    with_code(folder, AutoModelForCausalLM="some-org/some-model--own.Model")
    with pytest.raises(CheckpointError, match="another repository"):
        inspect(ref(folder), CODE)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model_args": {"trust_remote_code": True}}, "--trust-remote-code"),
        ({"model_args": {"tokenizer_kwargs": {"trust_remote_code": True}}}, "--trust-remote-code"),
        ({"model_args": {"use_safetensors": False}}, "--allow-pickle"),
        ({"model_args": {"load_format": "pt"}}, "--allow-pickle"),
        ({"model_args": {"delta": "weights.bin"}}, "--allow-pickle"),
        ({"model_args": {"steer_path": "steer.csv"}}, "--trust-remote-code"),
    ],
)
def test_arguments_of_lm_evals_models_cant_allow_themselves(
    folder: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        examine(spec_for(name="lm_eval", options=options), checkpoint(folder))
    assert "backend.options.model_args." in str(caught.value)


def test_a_checkpoint_named_in_model_args_is_looked_at_too(folder: Path, source: Path) -> None:
    options = {"model_args": {"pretrained": str(with_code(folder))}}
    with pytest.raises(CheckpointError, match=r"model_args\.pretrained: .*--trust-remote-code"):
        examine(spec_for(name="lm_eval", options=options), checkpoint(source))
    examine(spec_for(name="lm_eval", options=options, trust_remote_code=True), checkpoint(source))


def test_an_lm_eval_model_that_trusts_by_itself_is_told_not_to(source: Path) -> None:
    from harness.backends.lm_eval import _arguments_of

    class Trusting:
        def __init__(self, pretrained: str, trust_remote_code: bool = True) -> None: ...

    given = _arguments_of(Trusting, spec_for(name="lm_eval"), inspect(ref(source)))
    assert given["trust_remote_code"] is False
