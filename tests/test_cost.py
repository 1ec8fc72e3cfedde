"""What a run cost is in its account and its table, and nowhere else."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.backends.base import Measurements
from harness.backends.fake import FakeBackend
from harness.cost import Meter, newest_costs
from harness.evaluate import Overrides, prepare
from harness.plan import Cell
from harness.records import (
    Failure,
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    Request,
    Response,
    RollingLogLikelihood,
)
from harness.render import cost_cells
from harness.run import Summary, run
from harness.spec import load_spec

Write = Callable[..., Path]

ASKED: dict[Request, Response] = {
    LogLikelihood("问题：", "答案"): Likelihood(logprob=-1.0, tokens=3),
    RollingLogLikelihood("four"): Likelihood(logprob=-2.0, tokens=2),
    Generate(context="go", temperature=1.0, n=2): Generation(
        texts=("abc", "de"), finish=("stop", "stop"), tokens=(4, 1)
    ),
    Generate(context="greedy", n=3): Generation(
        texts=("xy",) * 3, finish=("stop",) * 3, tokens=(2,) * 3
    ),
    LogLikelihood("x", "too long"): Failure("too long"),
}


class Scripted:
    """Answers as told, and tells what it measured."""

    def __init__(self, *measured: Measurements) -> None:
        self._measured = [*measured]

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        yield from ((index, ASKED[request]) for index, request in enumerate(requests))

    def measured(self) -> Measurements:
        return self._measured.pop(0)

    def close(self) -> None:
        pass


class Silent:
    def load(self, checkpoint: str) -> None: ...

    def begin(self, cell: Cell, documents: int) -> None: ...

    def advance(self) -> None: ...


def go(path: Path, backend: Any = None, **over: Any) -> Summary:
    job = prepare(Overrides(**over).apply(load_spec(path)))
    opened = [backend] if backend else []
    return run(job.plan, job.inspections, job.store, Silent(), *opened)


def test_tokens_and_characters_are_of_what_was_scored_and_generated() -> None:
    before, after = Measurements(), Measurements(first_token_seconds=0.25, peak_device_bytes=7)
    meter = Meter(4)
    assert [*meter.answers(Scripted(before, after), [*ASKED])] == [*enumerate(ASKED.values())]
    cost = meter.cost
    assert (cost["documents"], cost["requests"]) == (4, 5)
    assert (cost["tokens_scored"], cost["characters_scored"]) == (3 + 2, 2 + 4)
    # a greedy answer is generated once and handed out three times
    assert (cost["tokens_generated"], cost["characters_generated"]) == (4 + 1 + 2, 3 + 2 + 2)
    assert (cost["first_token_seconds"], cost["peak_device_bytes"]) == (0.25, 7)
    assert 0 <= cost["first_answer_seconds"] <= cost["seconds"]


def test_what_a_backend_does_not_measure_is_not_known() -> None:
    meter = Meter(1)
    list(meter.answers(FakeBackend(), [LogLikelihood("a", "b")]))
    assert meter.cost["first_token_seconds"] is meter.cost["peak_device_bytes"] is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows doesn't tell the peak memory")
def test_the_peak_of_the_process_is_in_bytes() -> None:
    meter = Meter(0)
    list(meter.answers(FakeBackend(), []))
    assert 2**24 < meter.cost["peak_process_bytes"] < 2**40  # a Python with numpy, no whole server


def test_a_failure_is_no_first_answer() -> None:
    meter = Meter(1)
    list(meter.answers(FakeBackend(failures=["a"]), [LogLikelihood("a", "b")]))
    assert (meter.cost["requests"], meter.cost["first_answer_seconds"]) == (1, None)


def test_every_cell_that_was_asked_has_its_cost(write_spec: Write) -> None:
    cells = go(write_spec()).run["cells"]
    assert [cell["cost"]["documents"] for cell in cells] == [32] * 3
    assert all(cell["cost"]["requests"] == 4 * 32 for cell in cells)
    assert all(cell["cost"]["seconds"] > 0 for cell in cells)


def test_costs_are_in_the_runs_file_and_in_no_record_or_key(
    write_spec: Write, tmp_path: Path
) -> None:
    summary = go(write_spec())
    (account,) = (tmp_path / "evals" / "runs").glob("*.json")
    assert json.loads(account.read_text())["cells"] == summary.run["cells"]
    for path in (tmp_path / "evals").rglob("*"):
        if path.is_file() and path != account:
            assert b"peak_process_bytes" not in path.read_bytes(), path


def test_a_covered_cell_costs_nothing_and_keeps_the_cost_of_the_run_that_asked_it(
    write_spec: Write,
) -> None:
    path = write_spec()
    first, grown, again = go(path, limit=10).run, go(path).run, go(path).run
    assert [cell["cost"] for cell in again["cells"]] == [None] * 3
    assert [cost["documents"] for _, cost in newest_costs([first], first)] == [10] * 3
    assert [cost["documents"] for _, cost in newest_costs([first, grown, again], again)] == [22] * 3


def test_a_run_older_than_costs_has_none() -> None:
    old = {"cells": [{"checkpoint": "base", "key": "k", "row": "quiz"}]}
    assert newest_costs([old], old) == [(old["cells"][0], None)]


def test_rates_are_over_the_seconds_of_the_cell() -> None:
    cells = cost_cells(
        {
            "documents": 50,
            "seconds": 4.0,
            "first_answer_seconds": 0.5,
            "first_token_seconds": None,
            "tokens_scored": 1200,
            "characters_scored": 4000,
            "tokens_generated": 800,
            "characters_generated": 1000,
            "peak_process_bytes": 1_500_000_000,
            "peak_device_bytes": None,
        }
    )
    assert cells == {
        "docs": "50",
        "s": "4",
        "docs/s": "12.5",
        "scored": "1,200",
        "made": "800",
        "tok/s": "500",
        "tok/char": "0.4",
        "answer s": "0.5",
        "token s": "—",
        "GB": "1.5",
        "GPU GB": "—",
    }


def test_tokens_that_were_not_counted_are_no_rate_of_zero() -> None:
    cells = cost_cells({"documents": 1, "seconds": 1.0, "tokens_scored": 0, "characters_scored": 9})
    assert (cells["tok/s"], cells["tok/char"]) == ("—", "—")
    assert set(cost_cells(None).values()) == {"—"}


def test_the_table_of_costs_has_a_line_for_each_cell(
    write_spec: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    go(write_spec())
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(
        sys, "argv", ["aligntax", "show", "--cost", "--store", str(tmp_path / "evals")]
    )
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code in (0, None)
    head, *lines = capsys.readouterr().out.strip().splitlines()
    assert head.split()[:5] == ["checkpoint", "task", "docs", "s", "docs/s"]
    assert "GPU GB" not in head  # nothing was measured there
    assert [line.split()[:3] for line in lines] == [
        [name, "quiz:plain", "32"] for name in ("base", "sft", "dpo")
    ]
