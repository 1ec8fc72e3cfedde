"""Mistakes and failures over private data say where and of which kind, never what stood there."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from leaks import contents, leaks
from wards import Aligntax, Ward, planted, scripted

from harness.backends import fake
from harness.metrics.metric import Metric
from harness.privacy.wording import bare, telling
from harness.records import Formulation
from harness.task import Task

PRIVATE = ["redacted", "sensitive"]
VALUES = [each["value"] for each in planted()]
TEXTS = [each["text"] for each in planted()]
QUIZ = {"name": "first", "kind": "multiple_choice", "capability": "domain", "data": "first.jsonl"}
TASK_FILE = """
from dataclasses import replace
from pathlib import Path
from harness.data import LocalFile
from harness.kinds.multiple_choice import multiple_choice
from harness.task import Card

CARD = Card(name="own", capability="domain", language="en", licence="none", source="here")
PLAIN = multiple_choice(CARD, LocalFile(Path({data!r}), sensitive={sensitive}))

def raising(document, *_):
    raise ValueError(document.fields["question"])

TASK = replace(PLAIN, {function}=raising)
"""


def no_value(*texts: str) -> None:
    """Fail if an identifier stands in one of some texts."""
    assert leaks("\n".join(texts), VALUES) == []


@pytest.mark.parametrize("mode", PRIVATE)
def test_a_bad_row_is_named_by_place_and_field_without_its_value(
    ward: Ward, aligntax: Aligntax, tmp_path: Path, mode: str
) -> None:
    path, data = ward(mode, tasks=[QUIZ]), tmp_path / "first.jsonl"
    good = data.read_text(encoding="utf-8").splitlines(keepends=True)
    spoilt = f'{{"question": "x", "choices": ["a", "b"], "answer": "{TEXTS[7]}"}}\n'
    data.write_text("".join([*good[:2], spoilt, *good[2:]]), encoding="utf-8")
    code, out, err = aligntax("run", path)
    assert code == 2
    assert "first.jsonl:3: " in err
    assert "must be a letter" in err
    no_value(out, err)


@pytest.mark.parametrize("function", ["score", "requests"])
@pytest.mark.parametrize("mode", PRIVATE)
def test_a_raising_task_leaves_its_type_only(
    ward: Ward, aligntax: Aligntax, tmp_path: Path, mode: str, function: str
) -> None:
    ward(mode)
    file = tmp_path / "own.py"
    data = str(tmp_path / "first.jsonl")
    file.write_text(TASK_FILE.format(data=data, sensitive=mode == "sensitive", function=function))
    declared = None if mode == "sensitive" else mode  # by the data, or by the spec
    path = ward(declared, tasks=[{"task": "own.py"}], store="evals")
    code, out, err = aligntax("run", path, "--allow-code")
    assert code == 4
    assert f"20 of 20 failed: {function} raised ValueError\n" in err
    no_value(out, err, *(content for _, content in contents(tmp_path / "evals")))


@pytest.mark.parametrize("mode", PRIVATE)
def test_a_failing_backend_leaves_its_code_only(
    ward: Ward, aligntax: Aligntax, tmp_path: Path, mode: str
) -> None:
    options = {"answers": scripted(), "failures": TEXTS}
    path = ward(mode, tasks=[QUIZ], backend={"name": "fake", "options": options}, store="evals")
    code, out, err = aligntax("run", path)
    assert code == 4
    assert err.count("20 of 20 failed: scripted failure\n") == 2
    no_value(out, err, *(content for _, content in contents(tmp_path / "evals")))


def test_a_raising_metric_fails_the_document_without_its_text(
    ward: Ward, aligntax: Aligntax, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(outcome: object) -> list[float]:
        raise ValueError(TEXTS[0])

    def broken(self: Task, formulation: Formulation) -> tuple[Metric, ...]:
        return (*whole(self, formulation), replace(whole(self, formulation)[0], statistics=raising))

    whole = Task.metrics_of
    monkeypatch.setattr(Task, "metrics_of", broken)
    code, out, err = aligntax("run", ward("sensitive", tasks=[QUIZ], store="evals"))
    assert code == 4
    assert "20 of 20 failed: statistics raised ValueError\n" in err
    no_value(out, err, *(content for _, content in contents(tmp_path / "evals")))


TALKING = """
import json, logging, sys, warnings
from harness import cli
from harness.backends import fake

class Talking(fake.FakeBackend):
    def respond(self, requests):
        print(requests[0])
        print(requests[0], file=sys.stderr)
        logging.getLogger("library").warning("asked: %s", requests[0])
        warnings.warn(f"long: {requests[0]}")
        raise RuntimeError(requests[0])

fake.open_backend = lambda *_: Talking()
cli.main()
"""


@pytest.mark.parametrize("mode", [*PRIVATE, "accept"])
def test_what_libraries_print_log_and_raise_is_held_back(
    ward: Ward, tmp_path: Path, mode: str
) -> None:
    path = ward(mode, tasks=[QUIZ], store="evals")
    command = [sys.executable, "-c", TALKING, "run", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 4
    assert "the backend raised RuntimeError" in ended.stderr
    everything = "".join(content for _, content in contents(tmp_path / "evals"))
    found = leaks("".join([ended.stdout, ended.stderr, everything]), VALUES)
    assert (found == []) == (mode != "accept")


@pytest.mark.parametrize("mode", PRIVATE)
def test_an_internal_error_is_one_line_without_the_text_of_the_exception(
    ward: Ward, aligntax: Aligntax, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(*_: object) -> None:
        raise ValueError(TEXTS[0])

    monkeypatch.setattr(fake, "open_backend", breaking)
    code, out, err = aligntax("run", ward(mode, tasks=[QUIZ]))
    assert code == 70
    assert err.startswith("aligntax: internal error: ValueError in breaking, ")
    assert err.count("\n") == 1
    no_value(out, err)


def test_a_reason_keeps_its_code_and_known_words() -> None:
    assert bare("wrong: said 'B' for Mr. Smith") == "wrong"
    assert bare("score raised KeyError: 'Smith'") == "score raised KeyError"
    assert bare("out of memory on 812 tokens alone") == "out of memory on 812 tokens alone"
    assert bare("can't encode Smith") == "can't encode …"
    assert bare("王建国") == "…"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("d/q.jsonl:3: field 'answer' is missing (it has: Smith)", "field 'answer' is missing"),
        ("d/q.jsonl:3: answer 'Smith' must be a letter from A to D", "must be a letter"),
        ("d/q.jsonl:3: label 'Smith: A' isn't one of the task's labels", "isn't one of the task's"),
        ("d/q.jsonl:3: Smith", "a value can't be used"),
    ],
)
def test_an_error_over_sensitive_data_is_told_in_our_words(message: str, told: str) -> None:
    assert telling(message, "sensitive") == (
        f"d/q.jsonl:3: {told}; more is withheld (privacy: sensitive)"
    )
    assert telling(message, "accept") == telling(message, None) == message
