"""lm-eval's tasks as ours: what is refused, and how documents, examples and answers are read."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from lm_eval_toys import CONFIGS, EXACT, FACTS, NO_SYSTEM, Yamls, first, load, our_prompt, rows
from toys import write_jsonl

from harness import cli
from harness.errors import CheckpointError, DataError, TaskError, UsageError
from harness.lm_eval_tasks.requests import generate
from harness.records import Failure, Generate, Generation, Likelihood, LogLikelihood
from harness.registry import find_task
from harness.spec import load_spec, task_request

Write = Callable[..., Path]


def said(text: str, finish: Any = "stop") -> Generation:
    return Generation(texts=(text,), finish=(finish,), tokens=(5,))


def with_code(path: Path, line: str, code: str = "") -> Path:
    path.write_text(f"{path.read_text()}{line}\n")
    (path.parent / "own.py").write_text(code)
    return path


CODE = "def results(doc, results):\n    return {'acc': float(results[0] == doc['answer'])}\n"
FUNCTION = "process_results: !function own.results"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (FUNCTION, "!function own.results"),
        ("class: !function own.results", "a class"),
        ("use_prompt: 'promptsource:x'", "use_prompt"),
        ("dataset_path: pandas", r"dataset_path: pandas \(pickles\)"),
        ("metric_list: [{metric: ./own.py}]", r"metric: \./own\.py"),
        ("metric_list: [{metric: acc, hf_evaluate: true}]", "metric: acc"),
    ],
)
def test_a_file_of_the_users_that_runs_code_needs_allow_code(
    line: str, what: str, write_yaml: Yamls
) -> None:
    (key, _) = line.split(":", 1)
    path = with_code(write_yaml("quiz", **{key: None}), line, "raise SystemExit('it ran')")
    with pytest.raises(TaskError, match=rf"runs code \({what}\); .*--allow-code"):
        load(path)


def test_code_in_an_included_file_needs_allow_code_too(write_yaml: Yamls) -> None:
    with_code(write_yaml("writing", metric_list=[{"metric": "acc"}]), FUNCTION, CODE)
    outer = write_yaml.folder / "outer.yaml"
    outer.write_text("include: writing.yaml\ntask: outer\n")
    with pytest.raises(TaskError, match="--allow-code"):
        load(outer)


@pytest.mark.parametrize("outer", ["include: inner.yaml\n", "process_results: !function own.f\n"])
def test_code_that_is_overridden_needs_allow_code_too(outer: str, tmp_path: Path) -> None:
    """lm-eval imports every function that its parser meets, used or not."""
    (tmp_path / "own.py").write_text("raise SystemExit('it ran')")
    (tmp_path / "inner.yaml").write_text("process_results: !function own.f\n")
    path = tmp_path / "outer.yaml"
    path.write_text(f"{outer}task: outer\nprocess_results: null\n")
    with pytest.raises(TaskError, match="--allow-code"):
        load(path)


def test_the_command_line_alone_allows_code(
    write_spec: Write, write_yaml: Yamls, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    metrics = [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]
    with_code(write_yaml("writing", metric_list=metrics), FUNCTION, CODE)
    spec = str(write_spec(tasks=["writing.yaml"]))
    codes = []
    for flags in ([], ["--allow-code"]):
        monkeypatch.setattr(sys, "argv", ["aligntax", "run", spec, *flags])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        codes.append(caught.value.code or 0)
        out = capsys.readouterr()
        assert ("--allow-code" in out.err) == (not flags)
        assert ("lm-eval/toy_writing" in out.out) == bool(flags)
    assert codes == [2, 0]


def test_allowed_code_scores(write_yaml: Yamls) -> None:
    metrics = [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]
    task = load(
        with_code(write_yaml("writing", metric_list=metrics), FUNCTION, CODE), allow_code=True
    )
    document = first(task)
    [metric] = task.metrics
    assert metric.statistics(task.score(document, [said("the pancreas")], "gen").outcome) == (1, 1)
    assert task.score(document, [said("a lung")], "gen").reason == "wrong"


def test_code_that_raises_is_an_error_of_the_document(write_yaml: Yamls) -> None:
    metrics = [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]
    path = with_code(
        write_yaml("writing", metric_list=metrics),
        FUNCTION,
        "def results(d, r):\n    return 1 / 0\n",
    )
    score = (task := load(path, allow_code=True)).score(first(task), [said("x")], "gen")
    assert (score.status, score.outcome) == ("error", None)
    assert score.reason == "lm-eval's scoring: ZeroDivisionError: division by zero"


def test_a_template_is_no_program(write_yaml: Yamls) -> None:
    path = write_yaml("quiz", doc_to_text="{{ question.__class__.__mro__ }}")
    with pytest.raises(UsageError, match="unsafe"):
        load(path)


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
        (said(" "), "empty", "the answer is empty"),
        (said("no idea"), "no_answer", "lm-eval's filter finds no answer in the text"),
        (said("#### X", "length"), "truncated", "the answer was cut off after 5 tokens"),
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


def test_a_value_that_is_no_number_is_an_error_not_a_zero(write_yaml: Yamls) -> None:
    metrics = [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]
    code = "def results(d, r):\n    return {'acc': float('nan')}\n"
    path = with_code(write_yaml("writing", metric_list=metrics), FUNCTION, code)
    task = load(path, allow_code=True)
    score = task.score(first(task), [said("x")], "gen")
    assert (score.status, score.reason) == ("error", "lm-eval's scoring: acc is no finite number")


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


def test_the_signature_changes_with_the_scoring_and_its_code_alone(write_yaml: Yamls) -> None:
    metrics = [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]

    def signature(code: str = CODE, **changes: Any) -> str:
        write_yaml.folder = write_yaml.folder / "x"
        write_yaml.folder.mkdir()
        path = with_code(write_yaml("writing", metric_list=metrics, **changes), FUNCTION, code)
        return load(path, allow_code=True).metrics[0].info.signature

    assert signature() == signature(description="Hello.") == signature()
    assert signature() != signature(f"{CODE}# changed\n")
    assert signature() != signature(doc_to_target="question")


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
