"""What lm-eval itself writes: every number that it states is there, with its documents."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from lm_eval_files import brought, held
from lm_eval_toys import TEMPLATE, Yamls

from harness.analysis.comparability import compare
from harness.evidence import Evidence
from harness.importing import Summary
from harness.stats.bootstrap import value_of
from harness.store import Store
from harness.stored_tasks import TaskFinder
from harness.verify import verify

TASKS = ("quiz", "last_word", "texts", "writing", "filtered", "two_classes", "blanks")
IN_GROUP = ("quiz", "blanks")
Found = dict[tuple[str, str], Evidence]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of lm-eval: two models plain, the second in chat with two shots as well."""
    work = tmp_path_factory.mktemp("lm-eval")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    from lm_eval.models.huggingface import HFLM
    from tiny_models import save, tiny_llama, tiny_tokenizer

    torch.set_num_threads(1)
    yamls = Yamls(work)
    for name in TASKS:
        yamls(name)
    group = {
        "group": "toy_group",
        "task": [f"toy_{name}" for name in IN_GROUP],
        "aggregate_metric_list": [{"metric": "acc", "weight_by_size": True}],
    }
    (work / "group.yaml").write_text(yaml.safe_dump(group))
    tokenizer = tiny_tokenizer(bos=True)
    tokenizer.chat_template = TEMPLATE
    for seed, name in enumerate(("base", "sft")):
        folder = save(
            work / name, tiny_llama(tokenizer, seed, max_position_embeddings=256), tokenizer
        )
        lm = HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=8)
        _run(lm, folder, work)
        if name == "sft":
            _run(lm, folder, work, num_fewshot=2, apply_chat_template=True)
    return work / "out"


def _run(lm: Any, folder: Path, work: Path, **asked: Any) -> None:
    from lm_eval import simple_evaluate
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    tracker = EvaluationTracker(output_path=str(work / "out"))
    results: Any = simple_evaluate(
        model=lm,
        model_args={"pretrained": str(folder)},
        tasks=["toy_group", *(f"toy_{name}" for name in TASKS if name not in IN_GROUP)],
        task_manager=TaskManager(include_path=str(work), include_defaults=False),
        bootstrap_iters=0,
        log_samples=True,
        evaluation_tracker=tracker,
        **asked,
    )
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    for task in results["configs"]:
        tracker.save_results_samples(task_name=task, samples=samples[task])


@pytest.fixture(scope="module")
def imported(written: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    store = tmp_path_factory.mktemp("store") / "evals"
    return store, brought(written, store)


@pytest.fixture
def found(imported: tuple[Path, Summary]) -> Found:
    return held(imported[0])


def test_every_number_that_lm_eval_states_follows_from_rows(written: Path, found: Found) -> None:
    compared = set()
    for path in written.rglob("results_*.json"):
        content = json.loads(path.read_text())
        name, shots = content["model_name"].rpartition("/")[2], content["n-shot"]["toy_quiz"]
        for task, values in content["results"].items():
            row = f"lm-eval/{task}" + (f":{shots}shot" if shots and task != "toy_texts" else "")
            for key, stated in values.items():
                metric, _, filter_ = key.partition(",")
                if task == "toy_group" or not filter_ or metric.endswith("_stderr"):
                    continue
                ours = metric if filter_ == "none" else key
                scores = found[name, row].scores(ours)
                assert scores is not None, (row, key)
                assert value_of(scores.info, scores.rows) == pytest.approx(stated, rel=1e-6)
                compared.add((task, key))
    assert len(compared) == 21


def test_nothing_but_the_group_is_left_out(imported: tuple[Path, Summary]) -> None:
    left = {(u.key, u.why) for u in imported[1].unmapped}
    assert left == {("toy_group", "a mean over tasks, not a task: its tasks count")}


def test_all_documents_of_two_models_pair(found: Found) -> None:
    for (name, row), cell in found.items():
        if name == "base":
            comparability = compare(cell, found["sft", row]).comparability
            assert comparability.verdict == "COMPARABLE", (row, comparability)
            assert comparability.paired == 6


def test_chat_and_shots_stand_in_their_own_rows(found: Found) -> None:
    identity = found["sft", "lm-eval/toy_quiz:2shot"].identity
    assert (identity.variant.format, identity.variant.shots) == ("chat", 2)
    assert identity.template is not None
    assert identity.backend["fewshot_as_multiturn"] == "true"
    assert found["sft", "lm-eval/toy_quiz"].identity.template is None


def test_kinds_and_formulations_are_those_of_the_output_types(found: Found) -> None:
    told = {
        row.removeprefix("lm-eval/toy_"): (c.identity.kind, c.identity.variant.formulation)
        for (name, row), c in found.items()
        if name == "base"
    }
    assert told["quiz"] == told["blanks"] == ("multiple_choice", "cf")
    assert told["last_word"] == ("loglikelihood", "cf")
    assert told["texts"] == ("perplexity", "rolling")
    assert told["writing"] == told["filtered"] == ("generation", "gen")


def test_requests_are_the_ones_our_adapter_makes_of_the_same_task(
    written: Path, imported: tuple[Path, Summary], found: Found
) -> None:
    from lm_eval_toys import load, our_prompt

    task = load(written.parent / "quiz.yaml")
    prompt = our_prompt(task)
    ours = {task.requests(d, prompt)[0] for d in task.documents(None)}
    cell = found["base", "lm-eval/toy_quiz"].identity.cell
    theirs = {record.requests[0] for record in Store(imported[0]).records(cell)}
    assert theirs == ours


def test_verify_finds_nothing_wrong_and_says_what_it_cannot_check(
    imported: tuple[Path, Summary],
) -> None:
    findings = list(verify(Store(imported[0]), TaskFinder(allow_code=False)))
    assert [f.line for f in findings if f.fault] == []
    assert all("others computed its scores" in f.problem for f in findings)


def test_rescore_leaves_imported_scores_alone(imported: tuple[Path, Summary]) -> None:
    from harness.rescore import rescore

    [done] = rescore(Store(imported[0]), [], TaskFinder(allow_code=False))
    assert (done.cells, done.imported, done.left) == (0, 20, [])
