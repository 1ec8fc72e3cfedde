"""A task's own code that raises costs the document or the metric concerned, never the run."""

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from runs import go
from toys import quiz_rows, write_jsonl

from harness import cli
from harness.evaluate import Overrides, prepare
from harness.spec import load_spec
from harness.store import Store, read_evidence

Write = Callable[..., Path]
ONE = [{"name": "sft", "stage": "sft", "model": "toy/sft"}]

# A task file whose functions raise for one document each.
FRAIL = """
from dataclasses import replace
from pathlib import Path
from harness.data import LocalFile
from harness.kinds.multiple_choice import multiple_choice
from harness.task import Card

card = Card(name="frail", capability="general", language="en", licence="CC0", source="x")
sound = multiple_choice(card, LocalFile(Path("{data}")))

def requests(document, prompt):
    if document.id in {unaskable}:
        raise KeyError("stem")
    return sound.requests(document, prompt)

def score(document, responses, formulation):
    if document.id in {unscorable}:
        raise ZeroDivisionError("x" * 9999)
    return sound.score(document, responses, formulation)

def statistics(outcome):
    raise IndexError("row\\n17")

metrics = [replace(m, statistics=statistics) if m.info.name in {broken} else m
           for m in sound.metrics]
TASK = replace(sound, requests=requests, score=score, metrics=tuple(metrics))
"""


@pytest.fixture
def frail(write_spec: Write, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a spec with the frail task; it says what breaks."""

    def write(unaskable: object = (), unscorable: object = (), broken: object = ()) -> Path:
        write_jsonl(tmp_path / "quiz.jsonl", quiz_rows(40))
        source = FRAIL.replace("{data}", str(tmp_path / "quiz.jsonl"))
        for name, value in [("unaskable", unaskable), ("unscorable", unscorable)]:
            source = source.replace(f"{{{name}}}", repr(value))
        path = tmp_path / f"frail{len([*tmp_path.glob('frail*')])}.py"  # a file is imported once
        path.write_text(source.replace("{broken}", repr(broken)))
        return write_spec(tasks=[str(path)], checkpoints=ONE)

    return write


def in_process(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *args: object
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["aligntax", *map(str, args)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    code = caught.value.code
    return (code if isinstance(code, int) else 0, *capsys.readouterr())


def outcomes(path: Path, **over: Any) -> dict[str, tuple[str, str | None]]:
    go(path, allow_code=True, **over)
    store = Store(path.parent / "evals")
    records = (record for key in store.cells() for record in store.records(key))
    return {record.document: (record.status, record.reason) for record in records}


def test_a_score_that_raises_is_an_error_of_its_document_and_is_tried_again(
    frail: Callable[..., Path],
) -> None:
    scored = [*outcomes(frail())]
    shutil.rmtree(frail().parent / "evals")
    found = outcomes(frail(unscorable=scored[:1]))
    status, reason = found.pop(scored[0])
    assert status == "error"
    assert reason is not None
    assert reason.startswith("score raised ZeroDivisionError: xxx")
    assert (len(reason.splitlines()), len(reason) < 400) == (1, True)
    assert {status for status, _ in found.values()} == {"ok"}
    assert {status for status, _ in outcomes(frail()).values()} == {"ok"}


def test_a_question_that_cant_be_built_is_an_error_of_its_document(
    frail: Callable[..., Path],
) -> None:
    scored = [*outcomes(frail())]
    shutil.rmtree(frail().parent / "evals")
    found = outcomes(frail(unaskable=scored[:1]))
    assert found.pop(scored[0]) == ("error", "requests raised KeyError: 'stem'")
    assert len(found) == len(scored) - 1
    path = frail()
    assert go(path, allow_code=True).asked == 1
    assert go(path, allow_code=True).asked == 0


def test_a_metric_that_raises_is_named_and_the_others_are_shown(
    frail: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = frail()
    names = [metric.info.name for metric in _metrics(path)]
    path = frail(broken=names[-1:])
    code, out, err = in_process(capsys, monkeypatch, "run", path, "--allow-code")
    assert code == 4
    assert f"incomplete: sft × frail:plain: metric {names[-1]} raised IndexError: row 17" in err
    assert "Traceback" not in err
    assert "frail" in out
    shown = read_evidence(Store(path.parent / "evals"), Store(path.parent / "evals").runs()[-1])
    assert [scores.info.name for scores in shown[0].metrics] == names[:-1]
    shutil.rmtree(path.parent / "evals")
    path = frail(broken=names[:1])  # without the primary metric nothing takes its place
    assert in_process(capsys, monkeypatch, "run", path, "--allow-code")[0] == 4
    assert Store(path.parent / "evals").runs()[-1]["cells"][0]["layers"] == []


def _metrics(path: Path) -> Sequence[Any]:
    (cell,) = prepare(Overrides(allow_code=True).apply(load_spec(path))).plan.cells
    return cell.task.metrics_of(cell.variant.formulation)
