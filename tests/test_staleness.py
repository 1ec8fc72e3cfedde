"""What changes an answer makes its records stale, what changes a score its layers, nothing else.

Three tiny real checkpoints (a base, a tuned one with a chat template, an adapter on the base) are
planned and compared with a store that is full; then one thing changes. The answers come from a
fake, so that only what is asked counts.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stale_changes import (
    Change,
    Wanted,
    age,
    edit_example,
    edit_json,
    edit_row,
    edit_template,
    edit_tokenizer,
    edit_weights,
    everything,
    move_checkpoint,
    move_store,
    of,
    rename,
    reverse_rows,
    set_backend,
    set_option,
    set_spec,
    set_task,
)
from stale_world import TEMPLATE, Done, Scored, World, copied, filled


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("full"))


@pytest.fixture
def world(full: Path, tmp_path: Path) -> World:
    return copied(full, tmp_path / "world")


def recall_of(*ids: str) -> Wanted:
    return of(task="recall", document=ids)


CHATTED = ("sft", "dpo")  # they are asked in chat format, the base is asked plain

STALE: dict[str, tuple[Change, Wanted]] = {
    "the wording of a prompt": (
        set_option("recall", prompt="Question: {source}\nA:"),
        of(task="recall"),
    ),
    "one document's text": (edit_row("recall", source="{source} Now!"), recall_of("r0")),
    "one document of a perplexity": (
        edit_row("text", text="{text} And more."),
        of(task="text", document="t0"),
    ),
    "the number of shots": (set_task("quiz", shots=3), of(task="quiz")),
    "the text of an example that is shown": (edit_example(drawn=True), of(task="quiz")),
    "the chat template": (
        # part of its owner's fingerprint, and of how the others are asked as a chat
        edit_template,
        lambda i: i.checkpoint == "sft" or (i.checkpoint == "dpo" and i.task != "text"),
    ),
    "the owner of the chat template": (
        lambda world: (
            (world.root / "lora" / "chat_template.jinja").write_text(TEMPLATE.replace("<", "[")),
            world.spec.update(chat_template={"from": "dpo"}),
        ),
        lambda i: i.checkpoint == "dpo" or (i.checkpoint == "sft" and i.task != "text"),
    ),
    "weights": (
        edit_weights("base/model.safetensors"),
        of(checkpoint=("base", "dpo")),  # the adapter lies on the base
    ),
    "an adapter's weights": (
        edit_weights("lora/adapter_model.safetensors"),
        of(checkpoint="dpo"),
    ),
    "an adapter's scale": (
        edit_json("lora/adapter_config.json", lora_alpha=99),
        of(checkpoint="dpo"),
    ),
    "a checkpoint without its adapter": (
        lambda world: world.checkpoint("dpo").update(model="./base"),
        lambda i: i.checkpoint == "dpo" and i.task != "text",  # plain texts the base was asked
    ),
    "a model's configuration": (
        edit_json("sft/config.json", rms_norm_eps=0.1),
        of(checkpoint="sft"),
    ),
    "a tokenizer's merges": (edit_tokenizer, of(checkpoint="sft")),
    "dtype": (set_backend(dtype="bfloat16"), everything),
    "max_length": (set_backend(max_length=64), everything),
    "bos": (set_backend(bos="always"), everything),
    "seed": (set_spec(seed=2), everything),
    "the length of an answer": (set_option("recall", max_tokens=17), of(task="recall")),
    "where an answer stops": (set_option("recall", stop=["\n", "Q:"]), of(task="recall")),
    "the version of a task": (lambda world: setattr(world, "version", 2), of(task="mood")),
    "one more formulation": (
        set_task("quiz", variants=["cf", "mcf", "gen"]),
        of(task="quiz", formulation="gen"),
    ),
    "the format": (
        set_spec(formats=["plain"]),
        lambda i: i.checkpoint in CHATTED and i.task != "text",
    ),
    "an option that asks more": (
        set_option("quiz", permutations=2),
        of(task="quiz", formulation="mcf"),
    ),
    "a new document": (
        lambda world: world.rows["recall"].append({"id": "r9", "source": "x", "target": "y"}),
        recall_of("r9"),
    ),
    "a new task": (
        lambda world: world.spec["tasks"].append(
            {"name": "more", "kind": "perplexity", "capability": "general", "data": "text.jsonl"}
        ),
        of(task="more"),
    ),
    "another task's documents": (
        lambda world: world.rows["mood"][1].update(text="Day 1 was odd."),
        of(task="mood", document="m1"),
    ),
    "the backend": (set_spec(backend="fake"), everything),
}


@pytest.mark.parametrize("what", STALE)
def test_what_changes_an_answer_makes_exactly_its_records_stale(world: World, what: str) -> None:
    change, stale = STALE[what]
    change(world)
    done = world.run()
    expected = {i for i in world.items() if stale(i)}
    assert expected
    assert done.asked == expected
    assert done.rescored == set()
    touched = {i[:3] for i in expected}
    assert done.layers == {layer for layer in world.every_layer() if layer[:3] in touched}


RESCORED: dict[str, tuple[Change, Wanted]] = {
    "the key of a question": (
        lambda world: (row := world.scored_row("quiz")).update(
            answer="ABCD"[("ABCD".index(row["answer"]) + 1) % 4]
        ),
        lambda i: i.task == "quiz",
    ),
    "a reference": (edit_row("recall", target="{target}!"), recall_of("r0")),
    "a label": (
        lambda world: world.rows["mood"][0].update(label="b"),
        of(task="mood", document="m0"),
    ),
    "a cluster": (edit_row("recall", cluster="another"), recall_of("r0")),
}


@pytest.mark.parametrize("what", RESCORED)
def test_a_corrected_key_makes_exactly_its_scores_stale(world: World, what: str) -> None:
    change, stale = RESCORED[what]
    edited = world.scored_row("quiz")["id"]
    change(world)
    done = world.run()
    expected = {i for i in world.items() if stale(i) and i.document in (edited, "r0", "m0")}
    assert expected
    assert (done.asked, done.rescored) == (set(), expected)
    touched = {i[:3] for i in expected}
    assert done.layers == {layer for layer in world.every_layer() if layer[:3] in touched}


LAYERS: dict[str, tuple[Change, Callable[[Scored], bool]]] = {
    "one more metric": (
        set_option("recall", metrics=["token_f1", "exact_match", "chrf++"]),
        lambda layer: layer.task == "recall" and layer.metric == "chrf++",
    ),
    "another primary metric": (
        set_option("recall", metrics=["exact_match", "token_f1"]),
        lambda layer: False,
    ),
    "a metric's option": (
        set_option("recall", metrics=["token_f1:var", "exact_match"]),
        lambda layer: layer.task == "recall" and layer.metric == "token_f1",
    ),
}


@pytest.mark.parametrize("what", LAYERS)
def test_a_metric_makes_exactly_its_layer_stale(world: World, what: str) -> None:
    change, stale = LAYERS[what]
    change(world)
    done = world.run()
    assert (done.asked, done.rescored) == (set(), set())
    assert done.layers == {layer for layer in world.every_layer() if stale(layer)}


FRESH: dict[str, Change] = {
    "nothing": lambda world: None,
    "the batch size": set_backend(batch_size=64),
    "the device's name": set_backend(device="cpu:0"),
    "the device map": set_backend(device_map="auto"),
    "the order of the documents": reverse_rows,
    "the order of the checkpoints": lambda world: world.spec["checkpoints"].reverse(),
    "the order of the tasks": lambda world: world.spec["tasks"].reverse(),
    "the order of the formulations": set_task("quiz", variants=["mcf", "cf"]),
    "the age of the files": age,
    "the place of the store": move_store,
    "the place of a checkpoint": move_checkpoint,
    "a checkpoint's name": rename,
    "a checkpoint's parent": lambda world: world.checkpoint("dpo").update(parent="base"),
    "a checkpoint's attributes": lambda world: world.checkpoint("sft").update(
        attributes={"step": 9}
    ),
    "the family's name": set_spec(family="another"),
    "comments": lambda world: setattr(world, "comment", "# a comment\n# and another\n"),
    "fewer documents": lambda world: world.over.update(limit=2),
    "a document that is gone": lambda world: world.rows["recall"].pop(),
    "fewer tasks": lambda world: world.spec["tasks"].pop(0),
    "fewer checkpoints": lambda world: world.spec["checkpoints"].pop(2),
    "a task's capability": set_task("quiz", capability="domain"),
    "a task's licence": set_task("quiz", licence="CC0"),
    "an example that isn't shown": edit_example(drawn=False),
    "where a configuration says it is from": edit_json(
        "sft/config.json", _name_or_path="/somewhere", transformers_version="9.9"
    ),
    "a file beside the weights": lambda world: (world.root / "sft" / "README.md").write_text("x"),
    "how many tokens a tokenizer was last told to keep": lambda world: edit_json(
        "sft/tokenizer.json",
        truncation={"direction": "Right", "max_length": 9, "strategy": "LongestFirst", "stride": 0},
    )(world),
    "a default that is spelled out": set_option("quiz", permutations=1, pmi=False),
}


@pytest.fixture
def another_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine has another name, another user and another clock than the one before."""
    monkeypatch.setattr("platform.node", lambda: "another")
    monkeypatch.setattr("platform.platform", lambda: "another")
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    monkeypatch.setattr("os.cpu_count", lambda: 999)
    monkeypatch.setenv("USER", "another")
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    return


@pytest.mark.usefixtures("another_machine")
@pytest.mark.parametrize("what", FRESH)
def test_what_changes_no_answer_makes_nothing_stale(world: World, what: str) -> None:
    FRESH[what](world)
    assert world.run() == Done(asked=set(), rescored=set(), layers=set())
