"""Tasks and checkpoints from elsewhere grow stale by what they hold, not by how they are named."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from lm_eval_toys import FACTS, Yamls, rows
from stale_changes import edit_weights
from stale_world import Done, World, copied, filled


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("full"))


@pytest.fixture
def world(full: Path, tmp_path: Path) -> World:
    return copied(full, tmp_path / "world")


NOTHING = Done(asked=set(), rescored=set(), layers=set())


def with_yaml(world: World, **changes: Any) -> World:
    """Ask the base alone a task of lm-eval's YAML, and fill the store."""
    path = Yamls(world.root)("writing", **changes)
    world.spec["tasks"] = [f"./{path.name}"]
    world.spec["checkpoints"] = world.spec["checkpoints"][:1]
    world.spec.pop("chat_template", None)
    return world


ASKING: dict[str, dict[str, Any]] = {
    "what the prompt says": {"doc_to_text": "Question: {{question}}\nA:"},
    "what stands before all prompts": {"description": "Answer in a word.\n\n"},
    "how long an answer may be": {"generation_kwargs": {"until": ["\n", "Q:"], "max_gen_toks": 9}},
    "where an answer stops": {"generation_kwargs": {"until": ["."], "max_gen_toks": 12}},
    "what separates prompt and answer": {"doc_to_text": "Q: {{question}}\nA: "},
}


@pytest.mark.parametrize("what", ASKING)
def test_the_text_of_an_lm_eval_task_makes_all_its_records_stale(world: World, what: str) -> None:
    assert len(with_yaml(world).run().asked) == len(FACTS)
    done = with_yaml(world, **ASKING[what]).run()
    assert done.asked == world.items()
    assert len(done.asked) == len(FACTS)


def test_one_document_of_an_lm_eval_task_is_asked_alone(world: World) -> None:
    with_yaml(world).run()
    edited = rows(FACTS, "t")
    edited[2]["question"] += "！"
    done = with_yaml(world, scored=edited, metadata={"version": 1.0}).run()
    assert len(done.asked) == 1


def test_how_an_lm_eval_task_is_scored_makes_its_layers_stale_and_asks_nothing(
    world: World,
) -> None:
    with_yaml(world).run()
    exact = {"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}
    done = with_yaml(world, metric_list=[{**exact, "ignore_case": True}]).run()
    assert (done.asked, done.rescored) == (set(), set())
    assert {layer.metric for layer in done.layers} == {"exact_match"}


@pytest.mark.parametrize("line", ["# a comment\n", "\n\n", "tag: [toys]\n"])
def test_what_says_nothing_about_an_lm_eval_task_makes_nothing_stale(
    world: World, line: str
) -> None:
    with_yaml(world).run()
    path = world.root / "writing.yaml"
    path.write_text(line + path.read_text())
    assert world.run() == NOTHING


def publish(world: World, cache: Path, revision: str, folder: str) -> None:
    """Put a checkpoint into the hub's cache as one revision of a repository."""
    repository = cache / "models--toy--model"
    shutil.copytree(world.root / folder, repository / "snapshots" / (revision * 40))
    (repository / "refs").mkdir(exist_ok=True)
    (repository / "refs" / f"v{revision}").write_text(revision * 40)
    (repository / "refs" / "main").write_text(revision * 40)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return folder


def of_hub(world: World, revision: str | None) -> World:
    model = {"path": "toy/model", **({"revision": revision} if revision else {})}
    world.spec["checkpoints"] = [{"name": "sft", "stage": "sft", "model": model}]
    return world


def test_another_revision_of_the_hub_is_another_checkpoint(world: World, cache: Path) -> None:
    publish(world, cache, "a", "sft")
    edit_weights("sft/model.safetensors")(world)
    publish(world, cache, "b", "sft")
    assert of_hub(world, "va").run() == NOTHING  # the folder ./sft was asked when it was the same
    assert of_hub(world, "vb").run().asked == world.items()
    assert of_hub(world, "va").run() == NOTHING


def test_how_a_revision_is_spelled_plays_no_part(world: World, cache: Path) -> None:
    publish(world, cache, "b", "sft")
    for revision in ("vb", "b" * 40, "main", None):
        assert of_hub(world, revision).run() == NOTHING
