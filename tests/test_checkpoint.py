"""What a checkpoint is, without loading it."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGUFWriter, TokenType
from safetensors.numpy import save_file

from harness.checkpoint import Inspection, inspect
from harness.errors import CheckpointError
from harness.records import ModelRef

TEMPLATE = "{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}"


def write(folder: Path, **files: Any) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    for name, content in files.items():
        file = folder / name.replace("__", ".")
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def weights(folder: Path, value: float = 0.0, name: str = "model") -> None:
    save_file({"w": np.full((2, 2), value, dtype=np.float32)}, folder / f"{name}.safetensors")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = write(
        tmp_path / "model",
        config__json={"model_type": "llama", "transformers_version": "5.1"},
        tokenizer__json={"model": {"vocab": {"a": 0}}, "truncation": None},
        tokenizer_config__json={"bos_token": "<s>", "eos_token": {"content": "</s>"}},
    )
    weights(folder)
    return folder


def seen(folder: Path, adapter: Path | None = None) -> Inspection:
    return inspect(ModelRef(path=str(folder), adapter=None if adapter is None else str(adapter)))


def test_a_copy_elsewhere_is_the_same_checkpoint(model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(model, tmp_path / "elsewhere" / "checkpoint-9")
    config = json.loads((copy / "config.json").read_text())
    write(copy, config__json={**config, "_name_or_path": "/x", "transformers_version": "5.2"})
    write(copy, README__md="unrelated")
    os.utime(copy / "model.safetensors", (1, 1))
    assert seen(copy).fingerprint == seen(model).fingerprint


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config__json", {"model_type": "llama", "rope_theta": 5}),
        ("generation_config__json", {"eos_token_id": [2, 7]}),
        ("tokenizer__json", {"model": {"vocab": {"b": 0}}}),
        ("tokenizer_config__json", {"bos_token": "<s>", "eos_token": "<end>"}),
        ("chat_template__jinja", TEMPLATE),
    ],
)
def test_every_part_enters_the_fingerprint(model: Path, name: str, content: Any) -> None:
    before = seen(model).fingerprint
    write(model, **{name: content})
    assert seen(model).fingerprint != before


def test_weights_enter_the_fingerprint_and_not_the_tokenizer(model: Path) -> None:
    before = seen(model)
    weights(model, 1.0)
    after = seen(model)
    assert after.fingerprint != before.fingerprint
    assert after.tokenizer_hash == before.tokenizer_hash


def test_a_template_changes_no_tokens(model: Path) -> None:
    before = seen(model)
    write(
        model,
        tokenizer__json={"model": {"vocab": {"a": 0}}, "truncation": {"max_length": 8}},
        chat_template__jinja=TEMPLATE,
    )
    after = seen(model)
    assert before.template is None
    assert after.template is not None
    assert after.tokenizer_hash == before.tokenizer_hash


def test_the_template_file_comes_before_the_configurations(model: Path) -> None:
    config = {"bos_token": "<s>", "eos_token": {"content": "</s>"}}
    talk = [{"role": "user", "content": "hi"}]
    write(model, tokenizer_config__json={**config, "chat_template": "old" + TEMPLATE})
    first = seen(model).template
    write(model, chat_template__jinja=TEMPLATE)
    second = seen(model).template
    named = [{"name": "tool_use", "template": "no"}, {"name": "default", "template": TEMPLATE}]
    (model / "chat_template.jinja").unlink()
    write(model, tokenizer_config__json={**config, "chat_template": named})
    third = seen(model).template
    assert first is not None
    assert first.render(talk) == "old<s>hi</s>"
    assert second is not None
    assert second.render(talk) == "<s>hi</s>"
    assert third == second


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    folder = write(
        tmp_path / "lora",
        adapter_config__json={"peft_type": "LORA", "base_model_name_or_path": "/a", "r": 8},
    )
    weights(folder, 2.0, "adapter_model")
    return folder


def test_an_adapter_is_part_of_the_identity_and_its_bases_path_is_not(
    model: Path, adapter: Path
) -> None:
    plain, adapted = seen(model), seen(model, adapter)
    assert adapted.fingerprint != plain.fingerprint
    assert adapted.adapter == adapter
    write(adapter, adapter_config__json={"peft_type": "LORA", "r": 8, "peft_version": "1"})
    assert seen(model, adapter).fingerprint == adapted.fingerprint
    weights(adapter, 3.0, "adapter_model")
    assert seen(model, adapter).fingerprint != adapted.fingerprint


def test_an_adapters_own_template_and_tokenizer_come_first(model: Path, adapter: Path) -> None:
    write(model, chat_template__jinja="base")
    inherited = seen(model, adapter)
    assert inherited.template is not None
    assert (inherited.template.source, inherited.tokenizer) == ("base", model)
    write(adapter, chat_template__jinja="tuned", tokenizer__json={"model": {"vocab": {"n": 0}}})
    own = seen(model, adapter)
    assert own.template is not None
    assert (own.template.source, own.tokenizer) == ("tuned", adapter)
    assert own.tokenizer_hash != inherited.tokenizer_hash


def test_an_adapters_template_counts_without_a_tokenizer_of_its_own(
    model: Path, adapter: Path
) -> None:
    write(model, chat_template__jinja="base")
    write(adapter, chat_template__jinja="{{ bos_token }}tuned")
    found = seen(model, adapter)
    assert found.tokenizer == model
    assert found.template is not None
    assert found.template.render([]) == "<s>tuned"


def gguf(
    file: Path, template: str | None = TEMPLATE, tokens: tuple[str, ...] = ("<s>", "</s>")
) -> Path:
    file.parent.mkdir(exist_ok=True)
    writer = GGUFWriter(file, "llama")
    writer.add_tokenizer_model("gpt2")
    if tokens:
        writer.add_token_list(list(tokens))
        writer.add_token_types([TokenType.CONTROL] * len(tokens))
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    if template is not None:
        writer.add_chat_template(template)
    writer.add_tensor("w", np.zeros((2, 2), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def test_a_gguf_file_is_a_checkpoint_with_its_own_template(tmp_path: Path) -> None:
    file = gguf(tmp_path / "g" / "m.gguf")
    found = seen(file)
    assert (found.folder, found.gguf, found.tokenizer) == (file.parent, "m.gguf", None)
    assert found.template is not None
    assert found.template.render([{"role": "user", "content": "hi"}]) == "<s>hi</s>"
    assert seen(file.parent) == found
    other = seen(gguf(tmp_path / "h" / "m.gguf", template=None))
    assert other.template is None
    assert other.tokenizer_hash == found.tokenizer_hash
    assert other.fingerprint != found.fingerprint


def refused(path: Path | str, adapter: Path | None = None) -> str:
    with pytest.raises(CheckpointError) as caught:
        seen(Path(path), adapter)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_missing_is_said(model: Path, tmp_path: Path) -> None:
    assert "not a hub id" in refused(tmp_path / "nowhere")
    (model / "tokenizer.json").unlink()
    assert "no tokenizer" in refused(model)
    (model / "model.safetensors").unlink()
    assert "no weights" in refused(model)
    (model / "config.json").unlink()
    assert "no config.json" in refused(model)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "consolidated.00.pth"])
def test_pickled_weights_are_refused_with_the_remedy(model: Path, name: str) -> None:
    (model / "model.safetensors").unlink()
    (model / name).write_bytes(b"\x80\x04.")
    message = refused(model)
    assert name in message
    assert "convert them to safetensors" in message


def test_an_unfinished_adapter_is_refused(model: Path, adapter: Path) -> None:
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    assert "pickled" in refused(model, adapter)
    (adapter / "adapter_model.bin").unlink()
    assert "without adapter_model.safetensors" in refused(model, adapter)
    (adapter / "adapter_config.json").unlink()
    assert "no adapter_config.json" in refused(model, adapter)


def test_an_adapter_given_as_the_model_is_explained(adapter: Path) -> None:
    assert "give its base as path" in refused(adapter)


def test_a_hub_id_without_network_says_what_to_do() -> None:
    assert "download it and give the folder" in refused("some-org/some-model")


def test_damaged_files_are_named(model: Path, tmp_path: Path) -> None:
    write(model, config__json="{")
    assert "config.json: not readable as JSON" in refused(model)
    (tmp_path / "x.gguf").write_bytes(b"GGUFnonsense")
    assert "not readable as GGUF" in refused(tmp_path / "x.gguf")
    assert "no tokenizer" in refused(gguf(tmp_path / "y.gguf", tokens=()))
    (tmp_path / "weights.safetensors").write_bytes(b"")
    assert "give the folder" in refused(tmp_path / "weights.safetensors")


def test_of_several_gguf_files_one_must_be_named(tmp_path: Path) -> None:
    for name in ("a.gguf", "b.gguf"):
        gguf(tmp_path / name)
    assert "name the one" in refused(tmp_path)
    assert seen(tmp_path / "a.gguf").gguf == "a.gguf"
