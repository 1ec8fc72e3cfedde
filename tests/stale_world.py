"""A folder with tiny checkpoints, data and a full store, in which one thing at a time changes."""

import json
import shutil
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from safetensors.numpy import save_file
from tiny_models import save, tiny_llama, tiny_tokenizer
from toys import quiz_rows, write_jsonl

from harness import task_files
from harness.backends.fake import FakeBackend
from harness.evaluate import Overrides, prepare
from harness.plan import Cell, Plan
from harness.run import run
from harness.spec import load_spec
from harness.store.layers import layer_path

TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
TASK_FILE = """
from pathlib import Path

from harness.data import LocalFile
from harness.kinds.classification import classification
from harness.task import Card

CARD = Card(
    name="mood", capability="domain", language="en", licence="none", source="toy", version=VERSION
)
TASK = classification(
    CARD, LocalFile(Path(__file__).with_name("mood.jsonl")), labels={"g": "good", "b": "bad"}
)
"""


class Item(NamedTuple):
    """One document of one cell."""

    checkpoint: str
    task: str
    formulation: str
    document: str


class Scored(NamedTuple):
    """One score layer."""

    checkpoint: str
    task: str
    formulation: str
    metric: str


@dataclass(frozen=True)
class Done:
    """What a run did."""

    asked: set[Item]
    rescored: set[Item]
    layers: set[Scored]


@dataclass
class World:
    """A folder with checkpoints, data, a spec, and a store."""

    root: Path
    spec: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]
    version: int = 1
    comment: str = ""
    over: dict[str, Any] = field(default_factory=dict)

    def plan(self) -> Plan:
        for name, rows in self.rows.items():
            write_jsonl(self.root / f"{name}.jsonl", rows)
        (self.root / "mood.py").write_text(TASK_FILE.replace("VERSION", str(self.version)))
        text = yaml.safe_dump(self.spec, sort_keys=False, allow_unicode=True)
        (self.root / "run.yaml").write_text(text + self.comment)
        task_files._loaded.cache_clear()  # a new process would read the file anew
        self.job = prepare(
            Overrides(allow_code=True, **self.over).apply(load_spec(self.root / "run.yaml"))
        )
        return self.job.plan

    def run(self) -> Done:
        """Run the spec as it stands, and say what that did."""
        cells = self.plan().cells
        work = self.job.work()
        before = stamps(self.job.store.root)
        opened: list[str] = []
        summary = run(
            self.job.plan,
            self.job.inspections,
            self.job.store,
            Silent(),
            lambda _, checkpoint, found: (
                opened.append(checkpoint.name) or FakeBackend(seed=found.fingerprint)  # type: ignore[func-returns-value]
            ),
        )
        asked = {item(w.cell, d.id) for w in work for d in w.ask}
        assert summary.asked == len(asked)
        assert set(opened) == {i.checkpoint for i in asked}
        assert [w.ask + w.rescore for w in self.job.work()] == [()] * len(work)
        after = stamps(self.job.store.root)
        written = {path for path, stamp in after.items() if before.get(path) != stamp}
        return Done(
            asked=asked,
            rescored={item(w.cell, d.id) for w in work for d in w.rescore},
            layers={name for path, name in self._layers(cells).items() if path in written},
        )

    def items(self) -> set[Item]:
        """Return what the spec asked for when it was last planned."""
        return {item(cell, d.id) for cell in self.job.plan.cells for d in cell.documents}

    def every_layer(self) -> set[Scored]:
        """Return the layers that go with it."""
        return set(self._layers(self.job.plan.cells).values())

    def _layers(self, cells: tuple[Cell, ...]) -> dict[Path, Scored]:
        found = {}
        for cell in cells:
            folder = self.job.store.scores_folder(cell.key)
            for metric in cell.task.metrics_of(cell.variant.formulation):
                name = Scored(*item(cell, "")[:3], metric.info.name)
                found[layer_path(folder, metric.info)] = name
        return found

    def checkpoint(self, name: str) -> dict[str, Any]:
        return next(c for c in self.spec["checkpoints"] if c["name"] == name)

    def task(self, name: str) -> dict[str, Any]:
        return next(t for t in self.spec["tasks"] if isinstance(t, dict) and t["name"] == name)

    def scored_row(self, name: str) -> dict[str, Any]:
        """Return a row that is scored, not shown."""
        self.plan()
        scored = {i.document for i in self.items() if i.task == name}
        return next(row for row in self.rows[name] if row["id"] in scored)

    def shown(self) -> list[str]:
        """Return the ids of the few-shot examples of the quiz."""
        cells = [c for c in self.plan().cells if c.task.name == "quiz"]
        return [d.id for d in cells[0].questions.prompt.examples]


class Silent:
    def load(self, checkpoint: str) -> None:
        pass

    def begin(self, cell: Cell, documents: int) -> None:
        pass

    def advance(self) -> None:
        pass


def item(cell: Cell, document: str) -> Item:
    return Item(cell.checkpoint.name, cell.task.name, cell.variant.formulation, document)


def stamps(store: Path) -> dict[Path, tuple[int, int]]:
    files = (path for path in store.glob("scores/*/*.parquet"))
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


SPEC: dict[str, Any] = {
    "family": "toy",
    "checkpoints": [
        {"name": "base", "stage": "base", "model": "./base"},
        {"name": "sft", "stage": "sft", "parent": "base", "model": "./sft"},
        {
            "name": "dpo",
            "stage": "aligned",
            "parent": "sft",
            "model": {"path": "./base", "adapter": "./lora"},
        },
    ],
    "tasks": [
        {
            "name": "quiz",
            "kind": "multiple_choice",
            "capability": "general",
            "data": "quiz.jsonl",
            "variants": ["cf", "mcf"],
            "shots": 2,
        },
        {
            "name": "recall",
            "kind": "generation",
            "capability": "domain",
            "data": "recall.jsonl",
            "options": {
                "prompt": "Q: {source}\nA:",
                "metrics": ["token_f1", "exact_match"],
                "max_tokens": 16,
                "stop": ["\n"],
            },
        },
        {"name": "text", "kind": "perplexity", "capability": "general", "data": "text.jsonl"},
        "./mood.py",
    ],
    "chat_template": {"from": "sft"},
    "backend": {
        "name": "hf",
        "device": "cpu",
        "dtype": "float32",
        "max_length": 96,
        "batch_size": 4,
    },
    "seed": 1,
    "store": "evals",
}


def data() -> dict[str, list[dict[str, Any]]]:
    return {
        "quiz": quiz_rows(24),
        "recall": [
            {"id": f"r{i}", "source": f"Say {i}.", "target": f"It is {i}", "cluster": f"c{i // 2}"}
            for i in range(6)
        ],
        "text": [{"id": f"t{i}", "text": f"A text about {i} things."} for i in range(4)],
        "mood": [
            {"id": f"m{i}", "text": f"Day {i} was fine.", "label": "gb"[i % 2]} for i in range(4)
        ],
    }


def lora(folder: Path) -> None:
    """Write an adapter as peft does: A and B of one projection."""
    folder.mkdir()
    settings = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"]}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    layer = "base_model.model.model.layers.0.self_attn.q_proj"
    sides = {"A": np.ones((2, 32), np.float32), "B": np.ones((32, 2), np.float32)}
    tensors = {f"{layer}.lora_{side}.weight": values for side, values in sides.items()}
    save_file(tensors, folder / "adapter_model.safetensors")


def filled(root: Path) -> Path:
    """Write checkpoints, and run the spec once: the store then holds all that it asks for."""
    tokenizer = tiny_tokenizer(bos=False)
    save(root / "base", tiny_llama(tokenizer, seed=1), tokenizer)
    save(root / "sft", tiny_llama(tokenizer, seed=2), tokenizer)
    (root / "sft" / "chat_template.jinja").write_text(TEMPLATE)
    lora(root / "lora")
    assert len(World(root, deepcopy(SPEC), data()).run().asked) == 3 * (2 * 16 + 14)
    return root


def copied(full: Path, root: Path) -> World:
    shutil.copytree(full, root)
    return World(root, deepcopy(SPEC), data())
