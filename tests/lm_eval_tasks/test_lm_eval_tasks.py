"""lm-eval's tasks as ours: what is refused, and how documents, examples and answers are read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from lm_eval_toys import CONFIGS, EXACT, FACTS, NO_SYSTEM, Yamls, first, load, our_prompt, rows
from toys import write_jsonl

from harness.errors import CheckpointError, DataError, TaskError, UsageError
from harness.lm_eval_tasks.requests import generate
from harness.records import Failure, Generate, Generation, Likelihood, LogLikelihood
from harness.registry import find_task
from harness.spec import load_spec, task_request

Write = Callable[..., Path]


def said(text: str, finish: Any = "stop") -> Generation:
    return Generation(texts=(text,), finish=(finish,), tokens=(5,))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"repeats": 5}, "asks 5 times"),
        ({"unsafe_code": True}, "runs what the model writes"),
        ({"doc_to_image": "picture"}, "shows images"),
        ({"task": None}, "has no `task:`"),
        ({"generation_kwargs": {"num_beams": 4}}, "aligntax has no num_beams"),
        ({"metric_list": [{**EXACT, "aggregation": "bypass"}]}, r"exact_match \(bypass_agg\)"),
        ({"output_type": "speech"}, "can't load it: ValueError"),
        ({"test_split": "validation"}, "can't load it: KeyError"),
        ({"doc_to_text": "{{nothing}}"}, "can't load it: UndefinedError"),
    ],
)
def test_what_cant_be_asked_is_refused_in_one_line(
    changes: dict[str, Any], message: str, write_yaml: Yamls
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        load(write_yaml("writing", **changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task: [", r":\d: not valid YAML"),
        ("- a list", "is a mapping"),
        ("include: self.yaml", "includes itself"),
        ("include: other.yaml", "other.yaml: can't be read"),
        ("group: many\ntask: [one]", "it is a group"),
        ("task: !!python/object:os.system x", "not valid YAML"),
    ],
)
def test_a_file_that_is_no_task_is_refused_in_one_line(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "self.yaml"
    path.write_text(text)
    with pytest.raises(TaskError, match=message):
        load(path)


def test_a_document_that_lacks_a_field_is_named(write_yaml: Yamls) -> None:
    scored = [*rows(FACTS, "t"), {"key": "bad", "question": None}]
    task = load(write_yaml("texts", scored, doc_to_target="{{question.strip()}}"))
    with pytest.raises(TaskError, match=r"lm-eval/toy_texts: document '6-\w{8}' can't be asked"):
        task.requests(task.documents(None)[6], our_prompt(task))


def test_documents_have_their_own_ids_or_index_and_hash(write_yaml: Yamls) -> None:
    named = [{**row, "id": 100 + i} for i, row in enumerate(rows(FACTS, "t"))]
    task = load(write_yaml("quiz", named))
    assert [d.id for d in task.documents(None)][:2] == ["100", "101"]
    doubled = load(write_yaml("quiz", [{**row, "id": 7} for row in named], task="doubled"))
    found = doubled.documents(None)
    assert [d.id for d in found] == [f"{i}-{d.hash[:8]}" for i, d in enumerate(found)]


def test_dates_reach_the_prompt_as_lm_eval_writes_them(write_yaml: Yamls) -> None:
    scored = [
        {**row, "when": f"2020-01-0{i + 1} 10:00:00"} for i, row in enumerate(rows(FACTS, "t"))
    ]
    task = load(write_yaml("texts", scored, doc_to_target="{{when}}"))
    [request] = task.requests(first(task), our_prompt(task))
    assert request.text == "2020-01-01 10:00:00"  # type: ignore[union-attr]


def test_examples_that_are_scored_are_not_shown(write_yaml: Yamls) -> None:
    task = load(write_yaml("quiz", fewshot_split="test", task="own_split"))
    assert task.examples(None) == ()
    shown = rows([(f"Is {n} even?", ["yes", "no", "perhaps"], n % 2) for n in range(5)], "s")
    task = load(write_yaml("quiz", [*rows(FACTS, "t"), shown[1]], task="leaky"))
    assert [d.fields["key"] for d in task.examples(None)] == ["s0", "s2", "s3", "s4"]


def test_a_template_that_refuses_a_system_turn_gets_none(write_yaml: Yamls) -> None:
    task = load(write_yaml("quiz"))
    request, *_ = task.requests(first(task), our_prompt(task, source=NO_SYSTEM))
    assert request == LogLikelihood(
        "<|user|>Question: Which organ makes insulin?\nAnswer:<end><|assistant|>", "the pancreas"
    )
    broken = "{{ raise_exception('never') }}"
    with pytest.raises(CheckpointError, match="never"):
        task.requests(first(task), our_prompt(task, source=broken))


def test_the_chance_of_multiple_choice_is_one_of_its_choices(write_yaml: Yamls) -> None:
    task = load(write_yaml("quiz"))
    known = {metric.info.name: metric for metric in task.metrics}
    assert known["acc"].chance is not None
    assert known["acc"].chance(first(task)) == pytest.approx(1 / 3)
    assert known["brier_score"].chance is None
    assert not known["brier_score"].info.higher_is_better


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (said("#### X"), "ok", "wrong"),
        (said(" "), "empty", "empty"),
        (said("no idea"), "no_answer", "no_answer: lm-eval's filter finds none in the text"),
        (said("#### X", "length"), "truncated", "truncated: 5 tokens"),
        (said("#### A"), "ok", None),
        (Failure("out of memory"), "error", "out of memory"),
    ],
)
def test_the_status_says_why_an_answer_doesnt_match(
    answer: Any, status: str, reason: str | None, write_yaml: Yamls
) -> None:
    task = load(write_yaml("filtered", [{**row, "answer": "A"} for row in rows(FACTS, "t")]))
    score = task.score(first(task), [answer], "gen")
    assert (score.status, score.reason) == (status, reason)


def test_a_likelihood_that_is_no_number_is_an_error(write_yaml: Yamls) -> None:
    task = load(write_yaml("quiz"))
    answers = [Likelihood(logprob=float("nan"), tokens=1)] * 6
    assert task.score(first(task), answers, "cf").status == "error"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, Generate(context="")),
        ({"until": "\n", "max_new_tokens": 9}, Generate(context="", stop=("\n",), max_tokens=9)),
        ({"do_sample": False, "temperature": 0.7, "top_p": 0.9}, Generate(context="")),
        ({"temperature": 0.7}, Generate(context="", temperature=0.7, seed=1234)),
    ],
)
def test_generation_settings_are_read_as_lm_eval_does(
    settings: dict[str, Any], expected: Generate
) -> None:
    assert generate(settings) == expected


def test_sampling_that_our_backends_lack_is_refused() -> None:
    with pytest.raises(ValueError, match="no top_p"):
        generate({"do_sample": True, "temperature": 1.0, "top_p": 0.5})


def test_a_run_asks_a_yaml_beside_its_spec_and_stores_the_answers(
    write_spec: Write, write_yaml: Yamls
) -> None:
    from harness.evaluate import prepare

    write_yaml("quiz")
    spec = load_spec(write_spec(tasks=[{"task": "quiz.yaml", "shots": 2, "limit": 4}]))
    job = prepare(spec)
    assert {cell.row for cell in job.plan.cells} == {"lm-eval/toy_quiz:plain:2shot"}
    [*texts] = {
        request.context  # type: ignore[union-attr]
        for cell in job.plan.cells
        for requests in cell.requests.values()
        for request in requests
        if request.context  # type: ignore[union-attr]
    }
    assert len(texts) == 4
    assert all("Is 0 even?\nAnswer: yes\n\nQuestion: Is 1 even?" in text for text in texts)


def test_a_run_names_the_entry_that_cant_be_asked(write_spec: Write, tmp_path: Path) -> None:
    [request] = load_spec(write_spec(tasks=["gone.yaml"])).tasks
    with pytest.raises(TaskError, match=r"run\.yaml:\d+: .*gone\.yaml: can't be read"):
        find_task(request)


def test_documents_that_cant_be_had_are_a_data_error(tmp_path: Path) -> None:
    files = {"test": str(tmp_path / "absent.jsonl")}
    config = {**CONFIGS["quiz"], "task": "x", "dataset_path": "json", "test_split": "test"}
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump({**config, "dataset_kwargs": {"data_files": files}}))
    with pytest.raises(DataError, match=r"x\.yaml: lm-eval can't load it: FileNotFoundError"):
        find_task(task_request(str(path)))
    assert write_jsonl(tmp_path / "absent.jsonl", rows(FACTS, "t")).exists()
