"""One thing at a time that changes in a world, and which of its documents that concerns."""

import json
import os
from collections.abc import Callable
from typing import Any, TypeAlias

from safetensors.numpy import load_file, save_file
from stale_world import TEMPLATE, Item, World

Change: TypeAlias = Callable[[World], object]
Wanted: TypeAlias = Callable[[Item], bool]


def everything(_: Item) -> bool:
    return True


def of(**wanted: str | tuple[str, ...]) -> Wanted:
    """Return the items whose fields have the given value, or one of several."""
    values = {k: (v,) if isinstance(v, str) else v for k, v in wanted.items()}
    return lambda i: all(getattr(i, name) in allowed for name, allowed in values.items())


def edit_json(path: str, **changes: Any) -> Change:
    def change(world: World) -> None:
        file = world.root / path
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    return change


def edit_weights(path: str) -> Change:
    def change(world: World) -> None:
        file = world.root / path
        tensors = load_file(file)
        first = sorted(tensors)[0]
        tensors[first] = tensors[first] + 1
        save_file(tensors, file)

    return change


def edit_tokenizer(world: World) -> None:
    file = world.root / "sft" / "tokenizer.json"
    content = json.loads(file.read_text())
    content["model"]["merges"].pop()
    file.write_text(json.dumps(content))


def edit_row(name: str, **changes: str) -> Change:
    return lambda world: world.scored_row(name).update(
        {key: value.format(**world.scored_row(name)) for key, value in changes.items()}
    )


def set_backend(**changes: Any) -> Change:
    return lambda world: world.spec["backend"].update(changes)


def set_task(name: str, **changes: Any) -> Change:
    return lambda world: world.task(name).update(changes)


def set_option(name: str, **changes: Any) -> Change:
    return lambda world: world.task(name).setdefault("options", {}).update(changes)


def set_spec(**changes: Any) -> Change:
    return lambda world: world.spec.update(changes)


def edit_template(world: World) -> None:
    (world.root / "sft" / "chat_template.jinja").write_text(TEMPLATE.replace("<", "<|"))


def edit_example(*, drawn: bool) -> Change:
    def change(world: World) -> None:
        shown = world.shown()
        scored = {i.document for i in world.items()}
        pool = [row for row in world.rows["quiz"] if row["id"] not in scored]
        assert len(pool) == 8
        row = next(row for row in pool if (row["id"] in shown) == drawn)
        row["question"] = "Which number is it?"

    return change


def rename(world: World) -> None:
    world.checkpoint("sft")["name"] = "tuned"
    world.checkpoint("dpo")["parent"] = "tuned"
    world.spec["chat_template"] = {"from": "tuned"}


def move_store(world: World) -> None:
    (world.root / "evals").rename(world.root / "elsewhere")
    world.spec["store"] = "elsewhere"


def move_checkpoint(world: World) -> None:
    (world.root / "sft").rename(world.root / "checkpoint-900")
    world.checkpoint("sft")["model"] = "./checkpoint-900"


def age(world: World) -> None:
    for path in world.root.rglob("*"):
        os.utime(path, (1, 1))


def reverse_rows(world: World) -> None:
    for rows in world.rows.values():
        rows.reverse()
