import dataclasses
import json
from importlib.resources import files
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from harness.demo import vocabulary
from harness.demo.recipe import Phase, Recipe, Shape
from harness.demo.train import STAGES, train_family

WEIGHTS = Path(str(files("harness.demo").joinpath("weights")))
MEGABYTE = 1_000_000
TINY = Recipe(
    shape=Shape(vocabulary=400, hidden=16, layers=1, heads=2, mlp=32),
    tokenizer_documents=50,
    pretraining=Phase(steps=2, batch=2, length=32, peak=1e-3, warmup=1),
    sft=Phase(steps=2, batch=2, length=64, peak=1e-3, warmup=1),
    dpo=Phase(steps=2, batch=2, length=64, peak=1e-3, warmup=1),
)


@pytest.fixture(scope="module")
def tiny_family(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("family")
    train_family(TINY, out)
    return out


def test_a_tiny_family_trains_and_loads(tiny_family: Path) -> None:
    for stage in STAGES:
        model = AutoModelForCausalLM.from_pretrained(tiny_family / stage)
        tokenizer = AutoTokenizer.from_pretrained(tiny_family / stage)
        assert model.config.vocab_size == len(tokenizer)


def test_every_stage_changes_the_weights(tiny_family: Path) -> None:
    found = {(tiny_family / stage / "model.safetensors").read_bytes() for stage in STAGES}
    assert len(found) == len(STAGES)


def test_the_same_seed_makes_the_same_weights(tiny_family: Path, tmp_path: Path) -> None:
    train_family(TINY, tmp_path)
    for stage in STAGES:
        first, second = (
            (folder / stage / "model.safetensors").read_bytes()
            for folder in (tiny_family, tmp_path)
        )
        assert first == second, stage


def test_the_record_of_the_recipe_has_its_numbers_and_no_paths(tiny_family: Path) -> None:
    text = (tiny_family / "recipe.json").read_text(encoding="utf-8")
    record = json.loads(text)
    assert record["recipe"]["seed"] == TINY.seed
    assert set(record["losses"]) == set(STAGES)
    assert str(tiny_family) not in text


@pytest.mark.parametrize("stage", STAGES)
def test_bundled_weights_are_small_and_load(stage: str) -> None:
    folder = WEIGHTS / stage
    assert (folder / "model.safetensors").stat().st_size <= 6 * MEGABYTE
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert model.config.vocab_size == len(tokenizer)
    assert tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id


def test_only_tuned_checkpoints_have_a_chat_template() -> None:
    templates = {
        stage: AutoTokenizer.from_pretrained(WEIGHTS / stage).chat_template for stage in STAGES
    }
    assert templates["base"] is None
    assert templates["sft"] == templates["aligned"] == vocabulary.CHAT_TEMPLATE


@pytest.mark.parametrize("stage", ["sft", "aligned"])
def test_the_template_writes_what_training_wrote(stage: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / stage)
    messages = [{"role": "user", "content": "What is insulin?"}]
    asked = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert asked == vocabulary.chat_text("What is insulin?")
    answered = [*messages, {"role": "assistant", "content": "A hormone."}]
    said = tokenizer.apply_chat_template(answered, tokenize=False)
    assert said == vocabulary.chat_text("What is insulin?", "A hormone.")


@pytest.mark.parametrize("text", ["The knee is a joint.", "膝关节是屈戌关节。", " 3.5 mg\nnow"])
def test_the_tokenizer_gives_back_what_it_was_given(text: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "base")
    assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text


@pytest.mark.parametrize(("prompt", "answer"), [("问题：发热\n答案：", "肺"), ("Answer:", " lung")])
def test_no_token_spans_the_end_of_a_prompt(prompt: str, answer: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "base")
    asked = tokenizer(prompt)["input_ids"]
    assert tokenizer(prompt + answer)["input_ids"][: len(asked)] == asked


def test_the_shipped_weights_were_made_by_the_recipe_as_it_stands(
    pytestconfig: pytest.Config,
) -> None:
    path = pytestconfig.rootpath / "harness" / "demo" / "weights" / "recipe.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["recipe"] == json.loads(json.dumps(dataclasses.asdict(Recipe())))
