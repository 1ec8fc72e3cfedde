"""lm-eval YAML files with their documents, one for each output type, and lm-eval's own results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from toys import write_jsonl

from harness.chat import ChatTemplate
from harness.lm_eval_tasks import lm_eval_task
from harness.records import Document, Request, Response
from harness.stats.bootstrap import value_of
from harness.task import Prompt, Task

TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}" + TEMPLATE
)
FACTS = [
    ("Which organ makes insulin?", ["the pancreas", "the liver", "a lung"], 0),
    ("Which gas do we breathe in?", ["helium", "oxygen", "carbon dioxide"], 1),
    ("阿司匹林用于什么？", ["止痛", "利尿，并降低血压", "麻醉"], 0),
    ("胰岛素由哪个器官分泌？", ["肝", "肺", "胰腺"], 2),
    ("How many hearts has a person?", ["two", "one", "none at all"], 1),
    ("What is aspirin for?", ["pain", "sleep", "a broken leg"], 0),
]
SHOWN = [(f"Is {n} even?", ["yes", "no", "perhaps"], n % 2) for n in range(5)]

Rows = list[dict[str, Any]]


def rows(facts: Sequence[tuple[str, list[str], int]], prefix: str) -> Rows:
    return [
        {
            "key": f"{prefix}{i}",
            "question": question,
            "choices": choices,
            "gold": gold,
            "answer": choices[gold],
        }
        for i, (question, choices, gold) in enumerate(facts)
    ]


MEANS = [{"metric": name} for name in ("acc", "acc_norm", "acc_bytes", "acc_mutual_info")]
EXACT = {"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}
CORPUS = [{"metric": name} for name in ("bleu", "chrf", "chrf++", "ter")]
WORDS = [{"function": "regex", "regex_pattern": r"(\w+)"}, {"function": "take_first"}]
LETTERS = [{"function": "regex", "regex_pattern": r"#### (\w)"}, {"function": "take_first"}]

CONFIGS: Mapping[str, Mapping[str, Any]] = {
    "quiz": {
        "output_type": "multiple_choice",
        "description": "Answer the questions.\n\n",
        "doc_to_text": "Question: {{question}}\nAnswer:",
        "doc_to_choice": "choices",
        "doc_to_target": "gold",
        "metric_list": [*MEANS, {"metric": "brier_score"}],
    },
    "prefixed": {
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "{{gold}}",
        "gen_prefix": "The answer is",
    },
    "blanks": {  # the choices are in the context, as in winogrande
        "output_type": "multiple_choice",
        "doc_to_text": "{{gold}}",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "{{question}}",
        "metric_list": [{"metric": "acc"}],
    },
    "two_classes": {
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}",
        "doc_to_choice": ["no", "yes"],
        "doc_to_target": "{{gold % 2}}",
        "metric_list": [
            {"metric": "f1"},
            {"metric": "mcc"},
            {"metric": "acc", "aggregation": "median", "higher_is_better": True},
        ],
    },
    "last_word": {
        "output_type": "loglikelihood",
        "doc_to_text": "{{question}}",
        "doc_to_target": "{{' ' + answer}}",
        "metric_list": [{"metric": "perplexity"}, {"metric": "acc"}],
    },
    "texts": {
        "output_type": "loglikelihood_rolling",
        "doc_to_text": "",
        "doc_to_target": "{{question}} {{answer}}",
    },
    "writing": {
        "output_type": "generate_until",
        "doc_to_text": "Q: {{question}}\nA:",
        "doc_to_target": "answer",
        "generation_kwargs": {"until": ["\n", "Q:"], "max_gen_toks": 12, "do_sample": False},
        "metric_list": [EXACT, *CORPUS],
    },
    "filtered": {
        "output_type": "generate_until",
        "doc_to_text": "Q: {{question}}\nA:",
        "doc_to_target": "answer",
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": 12},
        "filter_list": [{"name": "strict", "filter": LETTERS}, {"name": "word", "filter": WORDS}],
        "metric_list": [{**EXACT, "ignore_case": True}],
    },
}


@dataclass
class Yamls:
    """Writes a configuration with its documents."""

    folder: Path

    def __call__(self, name: str, scored: Rows | None = None, **changes: Any) -> Path:
        files = {
            "test": str(
                write_jsonl(self.folder / f"{name}-test.jsonl", scored or rows(FACTS, "t"))
            ),
            "train": str(write_jsonl(self.folder / f"{name}-train.jsonl", rows(SHOWN, "s"))),
        }
        config = {
            "task": f"toy_{name}",
            "dataset_path": "json",
            "dataset_kwargs": {"data_files": files, "cache_dir": str(self.folder / "cache")},
            "test_split": "test",
            "training_split": "train",
            "fewshot_split": "train",
            "fewshot_config": {"sampler": "first_n"},
            "metadata": {"version": 1.0},
            **CONFIGS.get(name, {}),
            **changes,
        }
        path = self.folder / f"{name}.yaml"
        kept = {key: value for key, value in config.items() if value is not None}
        path.write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False))
        return path


def their_run(path: Path, lm: Any, *, shots: int = 0, chat: bool = False) -> Any:
    """Return lm-eval's results and samples of a YAML file."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    return simple_evaluate(
        model=lm,
        model_args={"pretrained": "toy"},
        tasks=[str(path)],
        num_fewshot=shots,
        apply_chat_template=chat,
        task_manager=TaskManager(include_defaults=False),
        bootstrap_iters=0,
    )


def our_prompt(task: Task, *, shots: int = 0, source: str | None = None) -> Prompt:
    template = None if source is None else ChatTemplate(source=source)
    return Prompt(
        formulation=task.formulations[0],
        format="plain" if source is None else "chat",
        examples=tuple(task.examples(None)[:shots]),
        template=template,
    )


def as_arguments(request: Request) -> tuple[Any, ...]:
    """Return what lm-eval would give a model for a request."""
    fields = [
        getattr(request, name)
        for name in ("context", "continuation", "text")
        if hasattr(request, name)
    ]
    return tuple(fields)


def their_arguments(results: Any, name: str) -> list[list[tuple[Any, ...]]]:
    """Return the texts that lm-eval asked, by document."""
    samples = results["samples"][name]
    first = [s for s in samples if s["filter"] == samples[0]["filter"]]
    return [
        [tuple(a for a in arguments if isinstance(a, str)) for arguments in sample["arguments"]]
        for sample in sorted(first, key=lambda s: s["doc_id"])
    ]


Answer = Callable[[list[Request]], list[Response]]


def our_values(task: Task, prompt: Prompt, answer: Answer) -> dict[str, float]:
    """Return each metric's value over all documents."""
    formulation = task.formulations[0]
    outcomes = []
    for document in task.documents(None):
        score = task.score(document, answer(list(task.requests(document, prompt))), formulation)
        assert score.status != "error", score.reason
        outcomes.append(score.outcome)
    return {
        metric.info.name: value_of(
            metric.info, np.array([metric.statistics(o) for o in outcomes], dtype=float)
        )
        for metric in task.metrics_of(formulation)
    }


def their_values(results: Any, name: str) -> dict[str, float]:
    """Return lm-eval's results by our names."""
    found = {key: value for key, value in results["results"][name].items() if "," in key}
    filters = {key.split(",")[1] for key in found}
    return {
        key if len(filters) > 1 else key.split(",")[0]: float(value)
        for key, value in found.items()
        if "_stderr" not in key
    }


def load(path: Path, **options: Any) -> Task:
    return lm_eval_task(str(path), **options)


def first(task: Task) -> Document:
    return task.documents(None)[0]
