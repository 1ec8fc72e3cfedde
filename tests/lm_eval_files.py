"""Files as lm-eval writes them, made by hand: a results file and its samples."""

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.evidence import Evidence
from harness.importing import Request, Summary, import_lm_eval
from harness.store import Store, merge_runs, read_evidence

FIRST, SECOND = "2026-01-02T03-04-05.000001", "2026-02-03T04-05-06.000001"
CHOICES = ("aspirin", "insulin", "oxygen", "sleep")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sample(number: int, right: bool, **changes: Any) -> dict[str, Any]:
    """Return one line of a multiple-choice task; ``changes`` with None leave a key out."""
    doc = {"question": f"What helps in case {number}?", "choices": list(CHOICES), "gold": 1}
    prompt = f"Question: {doc['question']}\nAnswer:"
    likely = 1 if right else 2
    logprobs = [[f"{-1.5 - (i != likely)}", "False"] for i in range(4)]
    made = {
        "doc_id": number,
        "doc": doc,
        "target": "1",
        "arguments": {
            f"gen_args_{i}": {"arg_0": prompt, "arg_1": f" {c}"} for i, c in enumerate(CHOICES)
        },
        "resps": [[pair] for pair in logprobs],
        "filtered_resps": logprobs,
        "filter": "none",
        "metrics": ["acc"],
        "doc_hash": _hash(json.dumps(doc)),
        "prompt_hash": _hash(prompt),
        "target_hash": _hash("1"),
        "acc": float(right),
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}


def results(
    scores: dict[str, Sequence[int]], model: str = "org/base", **changes: Any
) -> dict[str, Any]:
    """Return a results file's content: tasks with the right and wrong answers of each document."""
    stated = {task: _stated(task, right) for task, right in scores.items()}
    made = {
        "results": stated,
        "group_subtasks": {task: [] for task in scores},
        "configs": {
            task: {
                "task": task,
                "dataset_path": "org/data",
                "output_type": "multiple_choice",
                "doc_to_text": "Question: {{question}}\nAnswer:",
                "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
                "num_fewshot": 0,
                "metadata": {"version": 1.0},
            }
            for task in scores
        },
        "versions": dict.fromkeys(scores, 1.0),
        "n-shot": dict.fromkeys(scores, 0),
        "higher_is_better": {task: {"acc": True} for task in scores},
        "n-samples": {t: {"original": len(r), "effective": len(r)} for t, r in scores.items()},
        "config": {
            "model": "hf",
            "model_args": f"pretrained={model},dtype=bfloat16",
            "model_sha": "",
            "limit": None,
            "fewshot_seed": 1234,
        },
        "git_hash": "abc1234",
        "date": 1767323045.5,
        "lm_eval_version": "0.4.9",
        "task_hashes": {},
        "model_source": "hf",
        "model_name": model,
        "max_length": 2048,
        "chat_template": None,
        "chat_template_sha": None,
        "fewshot_as_multiturn": False,
        "system_instruction": None,
        **changes,
    }
    return {key: value for key, value in made.items() if value is not ...}


def _stated(task: str, right: Sequence[int]) -> dict[str, Any]:
    n, p = len(right), sum(right) / len(right)
    error = math.sqrt(p * (1 - p) / (n - 1)) if n > 1 else "N/A"
    return {"alias": task, "acc,none": p, "acc_stderr,none": error}


def write(
    folder: Path,
    scores: dict[str, Sequence[int]],
    model: str = "org/base",
    stamp: str = FIRST,
    *,
    samples: bool = True,
    **changes: Any,
) -> Path:
    """Write a results file, and samples unless told otherwise; return its path."""
    path = folder / model.replace("/", "__") / f"results_{stamp}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results(scores, model, **changes)), encoding="utf-8")
    for task, right in scores.items() if samples else ():
        rows = [sample(i, bool(r)) for i, r in enumerate(right)]
        write_samples(path.parent / f"samples_{task}_{stamp}.jsonl", rows)
    return path


def write_samples(path: Path, rows: Sequence[Any]) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


def brought(folder: Path, store: Path, **changes: Any) -> Summary:
    """Import a folder into the family ``toy``."""
    return import_lm_eval(Request(place=folder, store=store, **{"family": "toy", **changes}))


def held(store: Path, family: str = "toy") -> dict[tuple[str, str], Evidence]:
    """Return what a store has of a family, by checkpoint and row."""
    here = Store(store)
    found = read_evidence(here, merge_runs(here.runs())[family])
    return {(e.identity.checkpoint, e.identity.row): e for e in found}


def edited(path: Path, change: Any) -> None:
    """Change a results file by a function of its content."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
