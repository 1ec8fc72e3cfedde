"""From an lm-eval task to a Task."""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from harness.errors import TaskError
from harness.lm_eval_tasks.config import Config, is_yaml, read_config
from harness.lm_eval_tasks.documents import Documents
from harness.lm_eval_tasks.index import PREFIX, installed
from harness.lm_eval_tasks.load import check, load, version_of_lm_eval
from harness.lm_eval_tasks.metrics import Declared, declared
from harness.lm_eval_tasks.requests import as_request, generate, instances
from harness.lm_eval_tasks.scoring import Scorer, choice_chance
from harness.records import (
    JSON,
    Document,
    Formulation,
    PromptFormat,
    Request,
    Response,
)
from harness.task import Card, Prompt, Score, Task

_FORMULATIONS: Mapping[str, tuple[str, Formulation]] = {
    "multiple_choice": ("multiple_choice", "cf"),
    "loglikelihood": ("loglikelihood", "cf"),
    "loglikelihood_rolling": ("perplexity", "rolling"),
    "generate_until": ("generation", "gen"),
}
"""lm-eval's output types as our kind and formulation."""


def lm_eval_task(name: str, *, allow_code: bool = False, kept: bool = True) -> Task:
    """Return the task of a name (``lm-eval/arc_easy``) or of a YAML file, its documents read.

    The file of a user may run code only with ``allow_code``; lm-eval's installed tasks always may.
    Local data that aren't to be ``kept`` leave no copy in the cache of `datasets`.
    Raises TaskError for a name that isn't there, a group, and a task that can't be asked here;
    DataError for documents that can't be had.
    """
    is_own = is_yaml(name)
    path = Path(name) if is_own else installed().find(name.removeprefix(PREFIX))
    config = read_config(path)
    if "group" in config.values and "class" not in config.values:
        raise TaskError(f"{name}: it is a group; name the files of its tasks one by one")
    check(config, name, is_own=is_own, allow_code=allow_code)
    stamps = tuple((file, file.stat().st_mtime_ns) for file in config.files)
    return _loaded(name, stamps, kept or not config.local_data())


@cache
def _loaded(asked: str, stamps: tuple[tuple[Path, int], ...], kept: bool) -> Task:
    """Build a task once per process and state of its files: its documents may take minutes."""
    path = stamps[0][0]
    return _built(load(path, asked, kept=kept), read_config(path))


def _built(theirs: Any, config: Config) -> Task:
    name = f"{PREFIX}{theirs.task_name}"
    kind, formulation = _FORMULATIONS[theirs.OUTPUT_TYPE]
    documents = Documents(name, theirs)
    chance = partial(choice_chance, theirs, documents) if kind == "multiple_choice" else None
    found = declared(theirs, _signature(theirs, config), chance)
    if not found.metrics:
        raise TaskError(f"{name}: none of its metrics can be had here: {', '.join(found.left_out)}")
    scorer = Scorer(theirs, documents, found.metrics)
    formats: tuple[PromptFormat, ...] = ("plain",) if kind == "perplexity" else ("plain", "chat")

    def requests(document: Document, prompt: Prompt) -> Sequence[Request]:
        return [as_request(each) for each in instances(theirs, documents, document, prompt)]

    def score(document: Document, responses: Sequence[Response], _: Formulation) -> Score:
        return scorer.score(document, responses)

    return Task(
        card=_card(name, theirs, found),
        kind=kind,
        documents=lambda _: documents.scored,
        examples=lambda _: documents.examples,
        requests=requests,
        score=score,
        metrics=found.metrics,
        formulations=(formulation,),
        formats=formats,
        shots=0 if kind == "perplexity" else theirs.config.num_fewshot or 0,
        pinned_examples=True,
        generation=_generation(name, theirs),
    )


def _card(name: str, theirs: Any, found: Declared) -> Card:
    where = " ".join(str(part) for part in (theirs.DATASET_PATH, theirs.DATASET_NAME) if part)
    source = f"lm-eval {version_of_lm_eval()}, data: {where or 'its own'}"
    if found.left_out:
        source += f"; metrics left out: {', '.join(found.left_out)}"
    return Card(
        name=name,
        capability="general",
        language="und",  # lm-eval doesn't say
        licence="as its data",
        source=source,
    )


def _signature(theirs: Any, config: Config) -> str:
    hash_ = config.scoring_hash()[:12]
    version = getattr(theirs, "VERSION", None)
    return (
        f"task:{theirs.task_name}|task_version:{version}|scoring:{hash_}"
        f"|lm-eval:{version_of_lm_eval()}"
    )


def _generation(name: str, theirs: Any) -> Mapping[str, JSON]:
    """Return the generation parameters; TaskError for one that our backends don't have."""
    if theirs.OUTPUT_TYPE != "generate_until":
        return {}
    try:
        request = generate(theirs.config.generation_kwargs or {})
    except ValueError as error:
        raise TaskError(f"{name}: {error}") from None
    return {
        "max_tokens": request.max_tokens,
        "stop": list(request.stop),
        "temperature": request.temperature,
    }
