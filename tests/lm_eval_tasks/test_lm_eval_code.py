"""Code of the user's in lm-eval's tasks: who allows it, what it scores and what it changes."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lm_eval_toys import Yamls, first, load

from harness import cli
from harness.errors import TaskError, UsageError
from harness.records import Generation

Write = Callable[..., Path]


def said(text: str) -> Generation:
    return Generation(texts=(text,), finish=("stop",), tokens=(5,))


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


def test_a_value_that_is_no_number_is_an_error_not_a_zero(write_yaml: Yamls) -> None:
    metrics = [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]
    code = "def results(d, r):\n    return {'acc': float('nan')}\n"
    path = with_code(write_yaml("writing", metric_list=metrics), FUNCTION, code)
    task = load(path, allow_code=True)
    score = task.score(first(task), [said("x")], "gen")
    assert (score.status, score.reason) == ("error", "lm-eval's scoring: acc is no finite number")


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
