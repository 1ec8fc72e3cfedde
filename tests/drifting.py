"""Runs of tiny models, whose KL is to be measured."""

from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copytree
from typing import Any

import yaml
from repeats import Silent
from tiny_models import save, tiny_llama, tiny_tokenizer
from toys import write_jsonl

from harness.divergence import Diverged, diverge
from harness.evaluate import Job, Overrides, prepare
from harness.interrupt import Stop
from harness.results.divergence import PairDivergence
from harness.spec import load_spec
from harness.store.divergences import read_divergences

OLD = [f"One two three {word} five six." for word in ("aspirin", "pain", "organ", "hour", "an")]
NEW = [f"The patient was given {word}." for word in ("pain", "insulin", "答案", "seven")]


def save_family(folder: Path) -> Path:
    tokenizer = tiny_tokenizer(bos=False)
    for seed, name in enumerate(("base", "sft", "dpo")):
        save(folder / name, tiny_llama(tokenizer, seed), tokenizer)
    return folder


class World:
    """A folder with a family of tiny models, two perplexity tasks and a store."""

    def __init__(self, folder: Path, family: Path) -> None:
        self.folder = folder
        copytree(family, folder, dirs_exist_ok=True)
        (folder / "evals").mkdir()
        self.texts("old", OLD)
        self.texts("new", NEW)

    def texts(self, name: str, texts: Sequence[str]) -> None:
        write_jsonl(
            self.folder / f"{name}.jsonl",
            [{"id": f"{name}-{i}", "text": text} for i, text in enumerate(texts)],
        )

    def spec(self, **changes: Any) -> Path:
        kept = {"kind": "perplexity", "fields": {}}
        spec: dict[str, Any] = {
            "family": "tiny",
            "checkpoints": [
                {"name": "base", "stage": "base", "model": "./base"},
                {"name": "sft", "stage": "sft", "parent": "base", "model": "./sft"},
                {"name": "dpo", "stage": "aligned", "parent": "sft", "model": "./dpo"},
            ],
            "tasks": [
                {"name": "old", "capability": "general", "data": "old.jsonl", **kept},
                {"name": "new", "capability": "domain", "data": "new.jsonl", **kept},
            ],
            "formats": ["plain"],
            "divergence": {"tasks": ["old", "new"]},
            "backend": {
                "name": "hf",
                "device": "cpu",
                "dtype": "float32",
                "max_length": 16,
                "batch_size": 2,
            },
        } | changes
        path = self.folder / "run.yaml"
        path.write_text(yaml.safe_dump({k: v for k, v in spec.items() if v is not None}))
        return path

    def job(self, over: dict[str, Any] | None = None, **changes: Any) -> Job:
        return prepare(Overrides(**(over or {})).apply(load_spec(self.spec(**changes))))

    def go(self, over: dict[str, Any] | None = None, **changes: Any) -> list[Diverged]:
        return done(self.job(over, **changes))

    def held(self) -> list[PairDivergence]:
        return read_divergences(self.job().store)


def done(job: Job, advance: Callable[[], None] | None = None, stop: Stop | None = None) -> Any:
    watcher = Silent()
    if advance is not None:
        watcher.advance = advance  # type: ignore[method-assign]
    return diverge(job.errands, job.inspections, job.plan.spec.backend, job.store, watcher, stop)
