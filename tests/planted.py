"""A toy family whose checkpoints get planted questions wrong, for gates that ask it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from runs import Silent
from toys import quiz_rows, write_jsonl

from harness.analysis.subjects import find_subject
from harness.backends.base import Backend
from harness.evaluate import Job, prepare
from harness.gate.policy import load_policy
from harness.gate.sequential import Candidate, sequential_gate
from harness.interrupt import Stop
from harness.records import Failure, Generate, Generation, Likelihood, Request, Response
from harness.results import RuleVerdict, Verdict
from harness.run import OpenBackend, run
from harness.spec import load_spec

SHOTS = 8  # rows that a task with one split keeps for its prompts


class Planted:
    """Answers every question right but those in ``wrong``; those in ``failing`` not at all."""

    def __init__(self, wrong: Sequence[int] = (), failing: Sequence[int] = ()) -> None:
        self.wrong, self.failing = frozenset(wrong), frozenset(failing)
        self.asked: list[int] = []
        """The questions, in the order of their first requests."""

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        for index, request in enumerate(requests):
            number = int(re.findall(r"Which number is (\d+)", request.context)[-1])
            if number not in self.asked[-1:]:
                self.asked.append(number)
            yield index, self.answer(number, request)

    def answer(self, number: int, request: Request) -> Response:
        if number in self.failing:
            return Failure("the model can't")
        if isinstance(request, Generate):
            return Generation(texts=("?",), finish=("stop",), tokens=(1,))
        right = request.continuation.strip() in (f"number {number}", "ABCD"[number % 4])
        likely = right != (number in self.wrong)
        return Likelihood(logprob=-0.1 if likely else -5.0, tokens=1)

    def close(self) -> None:
        pass


class Family:
    """A run.yaml with ``base``, ``sft`` and ``dpo`` over n questions, and its store."""

    def __init__(self, folder: Path, n: int, tasks: Mapping[str, Any] | None = None) -> None:
        self.folder, self.n = folder, n
        self.backends: dict[str, Planted] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self.write_tasks({"quiz": {}} if tasks is None else tasks)

    def write_tasks(self, tasks: Mapping[str, Any], rows: Any = None) -> None:
        """Write the spec: by task its own settings over those of a toy quiz."""
        write_jsonl(self.folder / "quiz.jsonl", rows or quiz_rows(self.n + SHOTS))
        quiz = {"kind": "multiple_choice", "capability": "general", "data": "quiz.jsonl"}
        spec = {
            "family": "toy",
            "checkpoints": [
                {"name": "base", "stage": "base", "model": "toy/base"},
                {"name": "sft", "stage": "sft", "parent": "base", "model": "toy/sft"},
                {"name": "dpo", "stage": "aligned", "parent": "sft", "model": "toy/dpo"},
            ],
            "tasks": [{"name": name, **quiz, **own} for name, own in tasks.items()],
            "formats": ["plain"],
            "backend": "fake",
            "store": "evals",
        }
        (self.folder / "run.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))

    def job(self) -> Job:
        return prepare(load_spec(self.folder / "run.yaml"))

    def plant(self, checkpoint: str, backend: Planted) -> Planted:
        """Let a checkpoint answer by a backend from now on."""
        self.backends[checkpoint] = backend
        return backend

    def open(self, _: object, checkpoint: Any, __: object) -> Backend:
        return self.backends[checkpoint.name]

    def run(self, checkpoint: str, limit: int | None = None) -> int:
        """Run one checkpoint (of its first documents); return how many documents were asked."""
        job = self.job()
        cells = [c for c in job.plan.cells if c.checkpoint.name == checkpoint]
        cells = [
            replace(c, questions=replace(c.questions, documents=c.documents[:limit])) for c in cells
        ]
        plan = replace(job.plan, cells=tuple(cells))
        return run(plan, job.inspections, job.store, Silent(), self.open).asked

    def numbers(self) -> list[int]:
        """The questions that are scored."""
        documents = self.job().plan.cells[0].documents
        return [int(d.id[1:]) for d in documents]

    def gate(
        self,
        policy: str = "rules: [{task: quiz, margin: 2}]\nallow_underpowered: true\n",
        open_: OpenBackend | None = None,
        stop: Stop | None = None,
        candidate: str = "dpo",
        references: Sequence[str] = ("sft",),
    ) -> Verdict:
        """Judge a candidate sequentially."""
        path, job = self.folder / "gate.yaml", self.job()
        path.write_text(policy)
        found = [find_subject(job.store, name) for name in references]
        asked = Candidate(
            name=candidate, plan=job.plan, inspections=job.inspections, store=job.store
        )
        return sequential_gate(asked, found, load_policy(path), Silent(), stop, open_ or self.open)

    def orders(self) -> list[dict[str, Any]]:
        """What the store's orders say."""
        files = sorted((self.folder / "evals").glob("verdicts/orders/*.json"))
        return [json.loads(path.read_text()) for path in files]


def only(found: Verdict) -> RuleVerdict:
    (rule,) = found.rules
    return rule
